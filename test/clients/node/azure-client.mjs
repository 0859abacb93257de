// Calls the server with OpenAI's client for Azure in Node. Prints the results as one line of JSON.

import { createReadStream } from "node:fs";
import { argv } from "node:process";
import { APIError, AzureOpenAI } from "openai";
import { VERSION } from "openai/version";

const [baseUrl = "", apiKey, audio = ""] = argv.slice(2);
const client = new AzureOpenAI({
  endpoint: baseUrl.replace(/\/v1$/, ""),
  apiKey,
  apiVersion: "2024-10-21",
  maxRetries: 0,
});

const plain = await client.audio.transcriptions.create({
  model: "whisper",
  file: createReadStream(audio),
});
const verbose = await client.audio.transcriptions.create({
  model: "whisper",
  file: createReadStream(audio),
  response_format: "verbose_json",
  timestamp_granularities: ["word"],
});

console.log(
  JSON.stringify({
    version: VERSION,
    text: plain.text,
    words: verbose.words,
    error: await errorOfUnknownDeployment(),
  }),
);

async function errorOfUnknownDeployment() {
  try {
    const file = createReadStream(audio);
    await client.audio.transcriptions.create({ model: "unknown-model", file });
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return { class: error.constructor.name, status: error.status, code: error.code };
  }
  throw new Error("the server accepted an unknown deployment");
}

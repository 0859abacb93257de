// Calls the server with OpenAI's client for Node. Prints the results as one line of JSON.

import { createReadStream } from "node:fs";
import { argv } from "node:process";
import OpenAI, { APIError } from "openai";
import { VERSION } from "openai/version";

const [baseURL, apiKey, audio = ""] = argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });

const plain = await client.audio.transcriptions.create({
  model: "whisper-1",
  file: createReadStream(audio),
});
const verbose = await client.audio.transcriptions.create({
  model: "whisper-1",
  file: createReadStream(audio),
  response_format: "verbose_json",
  timestamp_granularities: ["word"],
});
const models = [];
for await (const { id } of client.models.list()) models.push(id);

console.log(
  JSON.stringify({
    version: VERSION,
    text: plain.text,
    words: verbose.words,
    streamed: await streamed(),
    models,
    error: await errorOfUnknownModel(),
  }),
);

async function streamed() {
  const file = createReadStream(audio);
  const events = await client.audio.transcriptions.create({
    model: "whisper-1",
    file,
    stream: true,
  });
  const deltas = [];
  for await (const event of events) {
    if (event.type === "transcript.text.done") return { deltas, done: event.text };
    if (event.type === "transcript.text.delta") deltas.push(event.delta);
  }
  throw new Error("the stream ended without its last event");
}

async function errorOfUnknownModel() {
  try {
    const file = createReadStream(audio);
    await client.audio.transcriptions.create({ model: "unknown-model", file });
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return { class: error.constructor.name, status: error.status, code: error.code };
  }
  throw new Error("the server accepted an unknown model");
}

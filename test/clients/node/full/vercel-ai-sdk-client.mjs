// Calls the server with the Vercel AI SDK. Prints the results as one line of JSON.

import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, experimental_transcribe as transcribe } from "ai";
import manifest from "ai/package.json" with { type: "json" };

const [baseURL, apiKey, file] = argv.slice(2);
const openai = createOpenAI({ baseURL, apiKey });
const audio = await readFile(file);

// If any option is set, the SDK requests the times of segments. The json of this model does not contain them.
const plain = await transcribe({
  model: openai.transcription("gpt-4o-transcribe"),
  audio,
  maxRetries: 0,
  providerOptions: { openai: { language: "en" } },
});
// The SDK returns the words as its segments.
const verbose = await transcribe({
  model: openai.transcription("whisper-1"),
  audio,
  maxRetries: 0,
  providerOptions: { openai: { timestampGranularities: ["word"] } },
});
console.log(
  JSON.stringify({
    version: manifest.version,
    text: plain.text,
    words: verbose.segments.map(({ text, startSecond, endSecond }) => ({
      word: text,
      start: startSecond,
      end: endSecond,
    })),
    error: await errorOfUnknownModel(),
  }),
);

async function errorOfUnknownModel() {
  try {
    await transcribe({ model: openai.transcription("unknown-model"), audio, maxRetries: 0 });
  } catch (error) {
    if (!APICallError.isInstance(error)) throw error;
    return { class: error.name, status: error.statusCode, code: error.data.error.code };
  }
  throw new Error("the server accepted an unknown model");
}

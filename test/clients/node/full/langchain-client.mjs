// Calls the server with LangChain's loader of recordings. Prints the results as one line of JSON.

import { argv } from "node:process";
import { OpenAIWhisperAudio } from "@langchain/community/document_loaders/fs/openai_whisper_audio";
import manifest from "@langchain/community/package.json" with { type: "json" };

const [baseURL, apiKey, audio] = argv.slice(2);
const clientOptions = { baseURL, apiKey, maxRetries: 0 };
const documents = await new OpenAIWhisperAudio(audio, { clientOptions }).load();

console.log(
  JSON.stringify({
    version: manifest.version,
    text: documents.map(({ pageContent }) => pageContent).join(" "),
  }),
);

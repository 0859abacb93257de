/** CTranslate2 under the conformance suite: an English model and a multilingual one. */
import { join } from "node:path";
import { testBackend } from "./backend.case.ts";
import { builtLibrary, builtModel } from "./built.ts";
import { recording } from "./recording.ts";

const libraryPath = builtLibrary("ctranslate2");
/** "And so, my fellow Americans, ask not" */
const speech = recording("jfk.flac").subarray(0, 5 * 16_000);
const says = /fellow Americans/iu;
const folders = {
  reason: "its models are folders",
  cases: ["loads a model from memory"],
};

testBackend({
  id: "faster-whisper with tiny.en",
  libraryPath,
  ...folder("faster-whisper-tiny.en"),
  speech,
  language: "en",
  says,
  skip: [
    folders,
    {
      reason: "an English-only model has no other language to take or to tell",
      cases: ["detects the language", "refuses a language it does not have"],
    },
  ],
});

testBackend({
  id: "faster-whisper with base",
  libraryPath,
  ...folder("faster-whisper-base"),
  speech,
  language: "en",
  says,
  skip: [folders],
});

// --- internal ---

function folder(name: string) {
  const model = builtModel(name);
  return { model, weightsFile: "model.bin", tokenizerPath: join(model, "tokenizer.json") };
}

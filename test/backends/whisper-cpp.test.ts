/** whisper.cpp under the conformance suite: an English model and a multilingual one. */
import { testBackend } from "./backend.case.ts";
import { builtLibrary, builtModel } from "./built.ts";
import { recording } from "./recording.ts";

const libraryPath = builtLibrary("whisper-cpp");
/** "And so, my fellow Americans, ask not" */
const speech = recording("jfk.flac").subarray(0, 5 * 16_000);
const says = /fellow Americans/iu;

testBackend({
  id: "whisper-cpp with tiny.en",
  libraryPath,
  model: builtModel("ggml-tiny.en-q8_0.bin"),
  speech,
  groups: ["prompted"],
  isWhisper: true,
  language: "en",
  says,
  skip: [
    {
      reason: "an English-only model has no other language to take or to tell",
      cases: ["detects the language", "refuses a language it does not have"],
    },
  ],
});

testBackend({
  id: "whisper-cpp with base",
  libraryPath,
  model: builtModel("ggml-base-q8_0.bin"),
  speech,
  groups: ["prompted"],
  isWhisper: true,
  language: "en",
  says,
  // tiny.en runs the same code; these cases need several languages, or depend on the model's dimensions.
  quick: [
    "detects the language",
    "refuses a language it does not have",
    "decodes speech",
    "states facts that fit together",
    "calls its languages as requests and answers do",
  ],
  skip: [],
});

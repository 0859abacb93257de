/** Runs the conformance suite for whisper.cpp, with an English and a multilingual model. */
import { testBackend } from "./backend.case.ts";
import { builtLibrary, builtModel } from "./built.ts";
import { recording } from "./recording.ts";

const libraryPath = builtLibrary("whisper-cpp");
/** Speech with the words "And so, my fellow Americans, ask not". */
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
      reason: "an English-only model has no other language",
      cases: ["detects the language", "rejects a language that it lacks"],
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
  // `npm test` runs only these cases with this model. They need several languages or depend on the dimensions of the
  // model. The other cases run with tiny.en, because both models use the same code.
  quick: [
    "detects the language",
    "rejects a language that it lacks",
    "decodes speech",
    "reports model facts that are consistent",
    "reports the languages that requests can name",
  ],
  skip: [],
});

/** Opens a model for a comparison, which supplies the audio itself. */
import { builtLibrary } from "../backends/built.ts";
import { type BackendCase, Subject } from "../backends/subject.ts";
import { writeParakeet } from "../gguf/write-parakeet.ts";

interface ParityModel extends Partial<BackendCase> {
  readonly id: string;
  readonly libraryPath: string;
  readonly model: string;
  readonly groups: BackendCase["groups"];
}

export function paritySubject(model: ParityModel): Subject {
  return new Subject({
    speech: new Float32Array(16_000),
    isWhisper: false,
    language: "en",
    says: null,
    skip: [],
    ...model,
  });
}

/** Opens a random Parakeet model on transcribe.cpp. Writes the model to `folder`. */
export function transcribeCpp(folder: string, size: "parity" | "full"): Subject {
  return paritySubject({
    id: `transcribe-cpp with a random Parakeet (${size})`,
    libraryPath: builtLibrary("transcribe-cpp"),
    model: writeParakeet(folder, size, "f32"),
    groups: ["recognize"],
  });
}

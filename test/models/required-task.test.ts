/**
 * Tests models that only transcribe. If a request for a translation names such a model, the request is rejected before
 * the model is downloaded.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AsrError } from "../../src/errors.ts";
import { fasterWhisper } from "../../src/models/backends/faster-whisper.ts";
import { whisperCpp } from "../../src/models/backends/whisper-cpp.ts";
import type { Downloads } from "../../src/models/hub/downloads.ts";
import type { Task } from "../../src/transcript/transcript.ts";
import { ctranslate2Layers, vocabularyOf, writeCtranslate2 } from "./formats/whisper-files.ts";
import { openCatalog } from "./open-catalog.ts";

let folder = "";
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "open-asr-server-task-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Resolves a model for a task. If the model is on this machine, returns "here". If its download would start, returns
 * "download". Otherwise, returns the error as text.
 */
async function outcomeOf(model: string, task: Task): Promise<string> {
  const downloads = {
    start() {
      throw new Error("download");
    },
  } as unknown as Downloads;
  const pull = { policy: "missing", downloads, waitMsMax: 0, onLoopback: true } as const;
  const backends = [whisperCpp, fasterWhisper];
  const catalog = openCatalog({ backends, pull: { ...pull, warn: () => {} } });
  const wait = { signal: new AbortController().signal, task };
  try {
    await catalog.resolve(model, "operator", wait);
    return "here";
  } catch (error) {
    if (!(error instanceof AsrError)) return (error as Error).message;
    return `${error.code} ${error.param}: ${error.message}`;
  }
}

test.each([
  "tiny.en",
  "tiny.en-q5_1",
  "large-v3-turbo",
  "large-v3-turbo-q5_0",
  "openai/whisper-large-v3-turbo",
  "openai/whisper-small.en",
  "distil-whisper/distil-large-v3",
  "distil-whisper/distil-small.en",
  "Systran/faster-distil-whisper-large-v2",
  "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
])("%s is rejected for a translation, and downloaded for a transcription", async (model) => {
  expect(await outcomeOf(model, "translate")).toMatch(
    /^unsupported_value model: Cannot translate: model ".*" only transcribes; .* such as "base"/,
  );
  expect(await outcomeOf(model, "transcribe")).toBe("download");
});

test.each([
  "large-v3",
  "small-q5_1",
  "openai/whisper-medium",
  "Systran/faster-whisper-large-v3",
  // The program does not know this organization, so only the files of the model can show whether the model translates.
  // To read these files, the program downloads the model.
  "acme/faster-whisper-large-v3-turbo",
])("%s is downloaded for a translation", async (model) => {
  expect(await outcomeOf(model, "translate")).toBe("download");
});

test.each([
  [32, "here"],
  [4, "unsupported_value"],
])("a model on this machine with %d of 32 decoder layers: %s", async (decoder, expected) => {
  const path = writeCtranslate2(join(folder, String(decoder)), {
    "model.bin": ctranslate2Layers(32, decoder),
    "config.json": "{}",
    "vocabulary.json": JSON.stringify(vocabularyOf(["en", "fr"], 51_866)),
  });
  expect(await outcomeOf(path, "translate")).toStartWith(expected);
  expect(await outcomeOf(path, "transcribe")).toBe("here");
});

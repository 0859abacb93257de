/**
 * Counts the wrong words of Whisper base on transcribe.cpp and on whisper.cpp, which read the same file, through the
 * executable.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { isFull } from "../full.ts";
import { ErrorTable, humanClips, sumErrors, transcribeClips } from "./clip-errors.ts";
import { repository } from "./executable.ts";
import { startServer, type TestServer } from "./server.ts";

setDefaultTimeout(900_000);

const base = join(repository, ".build/models/ggml-base-q8_0.bin");
const languages = ["en", "es", "fr", "it", "ru"] as const;

// Runs only in the full run, because transcribe.cpp needs several minutes for all clips.
describe.skipIf(!isFull)("transcribe.cpp beside whisper.cpp", () => {
  const models = [`transcribe-cpp:${base}`, `whisper-cpp:${base}`] as const;
  const table = new ErrorTable();
  let server: TestServer;
  beforeAll(async () => {
    const preloads = models.flatMap((model) => ["--preload", model]);
    server = await startServer({ flags: preloads });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    console.log(table.toString());
  });

  test.each(languages)("both make about the same number of errors in %s", async (language) => {
    const clips = humanClips(language);
    const wrong: number[] = [];
    for (const model of models) {
      const answers = await transcribeClips(server, clips, model, ["segment"]);
      table.note(model.replace(base, "base"), language, clips, answers);
      wrong.push(sumErrors(clips, answers).wrong);
    }
    expect(Math.abs(wrong[0]! - wrong[1]!)).toBeLessThanOrEqual(6);
  });
});

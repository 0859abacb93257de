/**
 * Counts the wrong words of Moonshine tiny-en on transcribe.cpp, through the executable, with the real weights of PyPI's
 * moonshine-voice.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchPinned } from "../../vendor/fetch.ts";
import { isFull } from "../full.ts";
import { moonshineFile } from "../gguf/moonshine.ts";
import { ErrorTable, humanClips, sumErrors, transcribeClips } from "./clip-errors.ts";
import { startServer } from "./server.ts";

setDefaultTimeout(900_000);

// Runs only in the full run, because it fetches a package of 88 MB.
test.skipIf(!isFull)("Moonshine transcribes the English clips with few wrong words", async () => {
  const folder = mkdtempSync(join(tmpdir(), "open-asr-moonshine-"));
  const path = join(folder, "moonshine.gguf");
  writeFileSync(path, moonshineFile(await fetchPinned("moonshine-tiny.en")));
  try {
    await using server = await startServer({ flags: ["--preload", `transcribe-cpp:${path}`] });
    const clips = humanClips("en");
    const answers = await transcribeClips(server, clips, `transcribe-cpp:${path}`, ["segment"]);
    const table = new ErrorTable();
    table.note("moonshine-tiny", "en", clips, answers);
    console.log(table.toString());
    expect(sumErrors(clips, answers).wrong).toBeLessThanOrEqual(5 + 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

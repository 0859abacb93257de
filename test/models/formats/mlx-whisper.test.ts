/** Tests how the capabilities of a Whisper model for MLX are read from its folder. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectMlxWhisper } from "../../../src/models/formats/mlx-whisper.ts";

const multilingual = { n_mels: 80, n_vocab: 51_865, n_audio_layer: 6, n_text_layer: 6 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-mlx-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(config: unknown, weights: string | null = "weights.npz"): void {
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  if (weights !== null) writeFileSync(join(folder, weights), "");
}

test("a multilingual model has all languages and can translate", async () => {
  write(multilingual);
  const found = await inspectMlxWhisper(folder);
  expect(found).toMatchObject({ detectLanguage: true, translate: true, words: true });
  expect(found?.languages).toHaveLength(99);
});

test("large-v3 knows one more language", async () => {
  write({ ...multilingual, n_mels: 128, n_vocab: 51_866 }, "weights.safetensors");
  expect((await inspectMlxWhisper(folder))?.languages).toHaveLength(100);
});

test("a model with a shortened decoder cannot translate", async () => {
  write({ ...multilingual, n_audio_layer: 32, n_text_layer: 4 });
  expect(await inspectMlxWhisper(folder)).toMatchObject({ detectLanguage: true, translate: false });
});

test("an English model has one language", async () => {
  write({ ...multilingual, n_vocab: 51_864 });
  const found = await inspectMlxWhisper(folder);
  expect(found).toMatchObject({ languages: ["en"], detectLanguage: false, translate: false });
});

test("another kind of model is not accepted", async () => {
  expect(await inspectMlxWhisper(folder)).toBeNull();
  write({ model_type: "whisper", d_model: 384, vocab_size: 51_865 });
  expect(await inspectMlxWhisper(folder)).toBeNull();
  writeFileSync(join(folder, "config.json"), "[]");
  expect(await inspectMlxWhisper(folder)).toBeNull();
});

test("a damaged model is reported", async () => {
  write(multilingual, null);
  expect(await failureOf(folder)).toMatch(
    "its folder has no weights.safetensors and no weights.npz",
  );
  write({ ...multilingual, n_vocab: 9 });
  expect(await failureOf(folder)).toMatch("an impossible n_vocab");
});

async function failureOf(path: string): Promise<string> {
  try {
    return `accepted as ${JSON.stringify(await inspectMlxWhisper(path))}`;
  } catch (error) {
    return String(error);
  }
}

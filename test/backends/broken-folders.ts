/** Creates folders of CTranslate2 models, each with one kind of damage. */
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

interface BrokenFolder {
  readonly name: string;
  /** Pattern of the error message for this damage. */
  readonly says: RegExp;
  readonly damage: (folder: string) => void;
}

/** Kinds of damage. Each one is applied to a copy of the folder of tiny.en. */
export const brokenFolders: readonly BrokenFolder[] = [
  { name: "no-weights", says: /has no model\.bin; download/u, damage: remove("model.bin") },
  { name: "no-config", says: /has no config\.json; download/u, damage: remove("config.json") },
  {
    name: "no-vocabulary",
    says: /no vocabulary\.json and no vocabulary\.txt; download/u,
    damage: remove("vocabulary.txt"),
  },
  {
    name: "cut-short",
    says: /model\.bin: .*payload.*; download/u,
    damage: (folder) => truncateSync(own(folder, "model.bin"), 20_000_000),
  },
  {
    name: "empty-weights",
    says: /model\.bin: .*incomplete.*; download/u,
    damage: (folder) => truncateSync(own(folder, "model.bin"), 0),
  },
  {
    name: "later-version",
    says: /model\.bin: .*version v77/u,
    damage: (folder) => overwrite(folder, 0, [77, 0, 0, 0]),
  },
  {
    name: "another-kind",
    says: /model\.bin: .*WhisperSpek/u,
    damage: (folder) => overwrite(folder, 4 + 2, [...Buffer.from("WhisperSpek")]),
  },
  {
    name: "impossible-shape",
    says: /model\.bin: .*(?:invalid|fail)/u,
    damage: (folder) =>
      overwrite(
        folder,
        100,
        Array.from({ length: 64 }, () => 0xff),
      ),
  },
  {
    name: "config-is-not-json",
    says: /config\.json is damaged/u,
    damage: (folder) => writeFileSync(own(folder, "config.json"), '{"suppress_ids": [1, 2'),
  },
  {
    name: "config-is-of-another-kind",
    says: /config\.json is damaged/u,
    damage: (folder) => writeFileSync(own(folder, "config.json"), "[1, 2]"),
  },
  {
    name: "vocabulary-is-not-json",
    says: /vocabulary\.json is damaged/u,
    damage: (folder) => writeFileSync(join(folder, "vocabulary.json"), '["a", "b'),
  },
  ...["suppress_ids", "suppress_ids_begin"].flatMap((key) =>
    [[-1], [99_999_999], ["a"], "text"].map((value, i) => ({
      name: `${key}-${i}`,
      says: new RegExp(`config\\.json.*${key}`, "u"),
      damage: (folder: string) => configure(folder, key, value),
    })),
  ),
  ...[[[99, 0]], [[0, 99]], [[-1, 0]], [[0]], ["a"], 7].map((value, i) => ({
    name: `alignment-heads-${i}`,
    says: /config\.json.*alignment_heads/u,
    damage: (folder: string) => configure(folder, "alignment_heads", value),
  })),
  {
    name: "vocabulary-of-a-larger-model",
    says: /vocabulary has 51865 tokens, its model\.bin 51864/u,
    damage: (folder) => editVocabulary(folder, (text) => `${text}<|30.02|>\n`),
  },
  {
    name: "vocabulary-cut-short",
    says: /vocabulary/u,
    damage: (folder) => editVocabulary(folder, (text) => text.slice(0, 10_000)),
  },
  {
    name: "vocabulary-without-whisper-tokens",
    says: /vocabulary.*not of a Whisper model/u,
    damage: (folder) =>
      editVocabulary(folder, (text) => text.replace("<|startoftranscript|>", "<|begin|>")),
  },
  {
    name: "vocabulary-out-of-order",
    says: /vocabulary.*order/u,
    damage: (folder) =>
      editVocabulary(folder, (text) =>
        text.replace("<|notimestamps|>", "<|x|>").replace("Ġthe\n", "<|notimestamps|>\n"),
      ),
  },
];

/**
 * Copies the folder of a model and damages the copy. Files that are not damaged are hard links to the original files.
 */
export function breakFolder(model: string, folder: string, damage: BrokenFolder["damage"]): string {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(model)) linkOrCopy(join(model, file), join(folder, file));
  damage(folder);
  return folder;
}

// --- internal ---

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // Used when the two paths are on different file systems, where hard links do not work.
  }
}

/**
 * Replaces a hard link with a copy of the file, so that the damage does not change the original file. Returns the path
 * of the copy.
 */
function own(folder: string, file: string): string {
  const path = join(folder, file);
  const bytes = readFileSync(path);
  rmSync(path);
  writeFileSync(path, bytes);
  return path;
}

function remove(file: string) {
  return (folder: string): void => rmSync(join(folder, file));
}

function overwrite(folder: string, at: number, bytes: readonly number[]): void {
  const path = own(folder, "model.bin");
  const whole = readFileSync(path);
  whole.set(bytes, at);
  writeFileSync(path, whole);
}

function configure(folder: string, key: string, value: unknown): void {
  const path = own(folder, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...config, [key]: value }));
}

function editVocabulary(folder: string, edit: (text: string) => string): void {
  const path = own(folder, "vocabulary.txt");
  writeFileSync(path, edit(readFileSync(path, "utf8")));
}

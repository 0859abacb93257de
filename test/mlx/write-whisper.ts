/**
 * Writes the folders of the models that test/parity compares with mlx-whisper.
 *
 * Usage: bun test/mlx/write-whisper.ts FOLDER
 */
import { join } from "node:path";
import { writeWhisperFolder, type WhisperFolderOptions } from "./whisper-folder.ts";

interface ParityModel extends WhisperFolderOptions {
  readonly name: string;
}

/** The models of the parity tests. The key is the name of the folder. */
export const parityModels = {
  "base-f32": { name: "base", type: "F32" },
  "tiny.en-f32": { name: "tiny.en", type: "F32" },
  "tiny.en-q4": { name: "tiny.en", quantization: { groupSize: 64, bits: 4 } },
  "tiny.en-q8": { name: "tiny.en", quantization: { groupSize: 64, bits: 8 } },
} as const satisfies Record<string, ParityModel>;

if (import.meta.main) {
  const [folder = "."] = process.argv.slice(2);
  for (const [key, { name, ...options }] of Object.entries(parityModels))
    writeWhisperFolder(name, join(folder, key), options);
}

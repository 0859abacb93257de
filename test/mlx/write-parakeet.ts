/**
 * Writes the folders of the small random Parakeet models that test/parity compares with parakeet-mlx.
 *
 * Usage: bun test/mlx/write-parakeet.ts FOLDER
 */
import { join } from "node:path";
import { parityShape } from "../gguf/parakeet.ts";
import { type ParakeetVariant, writeParakeetFolder } from "./parakeet-folder.ts";

/** The variants of the parity tests. The key is the name of the folder. */
export const parakeetVariants = {
  tdt: {},
  rnnt: { head: "rnnt" },
  ctc: { head: "ctc" },
  hybrid: { head: "hybrid" },
  local: { context: 12 },
  biases: { biases: true },
  bf16: { type: "BF16" },
} as const satisfies Record<string, ParakeetVariant>;

if (import.meta.main) {
  const [folder = "."] = process.argv.slice(2);
  for (const [name, variant] of Object.entries(parakeetVariants))
    writeParakeetFolder(join(folder, name), parityShape, variant);
}

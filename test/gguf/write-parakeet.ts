/**
 * Writes a random Parakeet model for transcribe.cpp, whisper.cpp and parakeet-mlx. All files have the same weights.
 *
 * Usage: bun test/gguf/write-parakeet.ts FOLDER small|parity|full [f32 f16 q8_0 whisper mlx]
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeParakeetFolder } from "../mlx/parakeet-folder.ts";
import { type GgufTensor, ggufPieces } from "./gguf-file.ts";
import { fullShape, parakeetTensors, parakeetValues, parityShape, smallShape } from "./parakeet.ts";
import type { WeightType } from "./weight-types.ts";
import { whisperParakeetPieces } from "./whisper-parakeet.ts";
import { writePieces } from "./write-pieces.ts";

export type ParakeetFormat = WeightType | "whisper" | "mlx";

/** Writes one file of the model. Returns its path, or for parakeet-mlx the path of its folder. */
export function writeParakeet(folder: string, size: keyof typeof shapes, format: ParakeetFormat) {
  const shape = shapes[size];
  const tensors = parakeetTensors(shape);
  mkdirSync(folder, { recursive: true });
  if (format === "mlx") {
    const mlx = join(folder, "mlx");
    writeParakeetFolder(mlx, shape);
    return mlx;
  }
  if (format === "whisper") {
    const path = join(folder, "parakeet-whisper-f16.bin");
    writePieces(path, whisperParakeetPieces(shape, tensors));
    return path;
  }
  const path = join(folder, `parakeet-${format}.gguf`);
  writePieces(
    path,
    ggufPieces(parakeetValues(shape), tensors, (tensor) => typeOf(tensor, format)),
  );
  return path;
}

// --- internal ---

const shapes = { small: smallShape, parity: parityShape, full: fullShape };

/**
 * Returns the type of a tensor. transcribe.cpp requires 32-bit floats for vectors. For the kernels of convolutions, it
 * requires 16-bit or 32-bit floats.
 */
function typeOf({ name, shape }: GgufTensor, type: WeightType): WeightType {
  if (shape.length === 1 || name.includes("pos_bias")) return "f32";
  return name.includes("conv") && type === "q8_0" ? "f16" : type;
}

if (import.meta.main) {
  const [folder, size, ...formats] = process.argv.slice(2);
  if (folder === undefined || (size !== "small" && size !== "parity" && size !== "full")) {
    throw new Error("Expected a folder, and small, parity or full");
  }
  for (const format of formats) console.log(writeParakeet(folder, size, format as ParakeetFormat));
}

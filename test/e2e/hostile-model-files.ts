/** Creates copies of real model files with changed numbers. A careless loader would trust these numbers. */
import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./executable.ts";

const models = join(repository, ".build/models");
export const ggmlSource = join(models, "ggml-tiny.en-q8_0.bin");
export const folderSource = join(models, "faster-whisper-tiny.en");

export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export function copyWith(source: string, target: string, patches: readonly Patch[]): void {
  copyFileSync(source, target);
  const file = openSync(target, "r+");
  for (const { at, bytes } of patches) writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

export function int32(at: number, ...values: readonly number[]): Patch {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) bytes.setInt32(4 * index, value, true);
  return { at, bytes: new Uint8Array(bytes.buffer) };
}

/** Returns the byte offsets of the tokens and the tensors in the ggml file. */
export function ggmlOffsets() {
  const bytes = readFileSync(ggmlSource);
  const [melBands, bins] = [bytes.readInt32LE(48), bytes.readInt32LE(52)];
  const tokens = 56 + 4 * melBands * bins;
  let tensors = tokens + 4;
  for (let n = bytes.readInt32LE(tokens); n > 0; n--) tensors += 4 + bytes.readUInt32LE(tensors);
  return { tokens, tensors };
}

/**
 * Returns the byte offset of the dimensions of a variable in `model.bin`. It is the first variable that has dimensions.
 * The dimensions follow the name of the variable.
 */
export function variableOffset(): number {
  const name = Buffer.from("decoder/embeddings/weight\0");
  return readFileSync(join(folderSource, "model.bin")).indexOf(name) + name.length;
}

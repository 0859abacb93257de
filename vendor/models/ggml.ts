// Writes a model file for whisper.cpp: header, mel filters, vocabulary, tensors.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/** Dimensions of a Whisper model. The fields are in the order of the file. */
export interface WhisperDimensions {
  readonly vocabulary: number;
  readonly audioContext: number;
  readonly audioState: number;
  readonly audioHeads: number;
  readonly audioLayers: number;
  readonly textContext: number;
  readonly textState: number;
  readonly textHeads: number;
  readonly textLayers: number;
  readonly mels: number;
}

export interface GgmlTensor {
  readonly name: string;
  /** Sizes of the dimensions, the outermost dimension first. */
  readonly shape: readonly number[];
  readonly type: GgmlType;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type GgmlType = keyof typeof tensorTypes;

export interface GgmlModel {
  /** Element type of most large tensors. */
  readonly type: GgmlType;
  readonly dimensions: WhisperDimensions;
  /** Weights of the mel filters, one row per mel band. */
  readonly melFilters: readonly Float32Array<ArrayBuffer>[];
  /** Bytes of each text token. whisper.cpp itself defines all other tokens. */
  readonly tokens: readonly Uint8Array<ArrayBuffer>[];
  readonly tensors: Iterable<GgmlTensor>;
}

/** Writes the model, one tensor at a time. Returns the SHA-256 hash of the file. */
export async function writeGgml(path: string, model: GgmlModel): Promise<string> {
  const hash = createHash("sha256");
  await using file = await open(path, "w");
  for (const part of parts(model)) {
    hash.update(part);
    await file.writeFile(part);
  }
  return hash.digest("hex");
}

// --- internal ---

const magic = 0x67676d6c;

/** Numbers that ggml uses for element types. */
const tensorTypes = { float32: 0, float16: 1, q8_0: 8 };

/**
 * Numbers that ggml uses for file types. For a quantised type, the number is 1000 times the format version (2) plus the
 * number of the type.
 */
const fileTypes: Record<GgmlType, number> = { float32: 0, float16: 1, q8_0: 2007 };

function* parts(model: GgmlModel): Generator<Uint8Array> {
  yield int32s(magic, ...Object.values(model.dimensions), fileTypes[model.type]);
  yield int32s(model.melFilters.length, model.melFilters[0]?.length ?? 0);
  for (const row of model.melFilters) yield new Uint8Array(row.buffer);
  yield int32s(model.tokens.length);
  yield Buffer.concat(model.tokens.flatMap((token) => [int32s(token.length), token]));
  for (const { name, shape, type, bytes } of model.tensors) {
    yield int32s(shape.length, name.length, tensorTypes[type], ...shape.toReversed());
    yield new TextEncoder().encode(name);
    yield bytes;
  }
}

function int32s(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

// Writes whisper.cpp's model file: header, mel filters, vocabulary, tensors.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/** The fields are in the order of the file. */
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
  /** Outermost dimension first. */
  readonly shape: readonly number[];
  readonly type: GgmlType;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type GgmlType = keyof typeof tensorTypes;

export interface GgmlModel {
  /** The type of most large tensors. */
  readonly type: GgmlType;
  readonly dimensions: WhisperDimensions;
  /** One row of weights per mel band. */
  readonly melFilters: readonly Float32Array<ArrayBuffer>[];
  /** The bytes of each text token. whisper.cpp defines the other tokens itself. */
  readonly tokens: readonly Uint8Array<ArrayBuffer>[];
  readonly tensors: Iterable<GgmlTensor>;
}

/** Writes the model tensor by tensor and returns the sha256 of the file. */
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

/** ggml's numbers of its element types. */
const tensorTypes = { float32: 0, float16: 1, q8_0: 8 };

/** ggml's numbers of file types. For quantised types, the thousands are the format version, 2. */
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

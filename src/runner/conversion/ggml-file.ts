/** Writes a model file for whisper.cpp: header, mel filters, vocabulary, tensors. */

/** Dimensions of a Whisper model. The order of the fields is the same as in the file. */
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
  /**
   * Computes the data of the tensor. The writer calls this function just before it writes the tensor. Therefore at most
   * one tensor at a time is in memory twice.
   */
  readonly bytes: () => Uint8Array<ArrayBuffer>;
}

type GgmlType = keyof typeof tensorTypes;

/**
 * Number of weights and number of bytes in a block of q8_0. A block contains one float16 scale and an 8-bit number for
 * each weight. The weight is this number multiplied by the scale.
 */
export const q8Block = { weights: 32, bytes: 34 } as const;

export interface GgmlModel {
  /** Element type of most large tensors. */
  readonly type: GgmlType;
  readonly dimensions: WhisperDimensions;
  /** Weights of the mel filters, one row per mel band. */
  readonly melFilters: readonly Float32Array<ArrayBuffer>[];
  /** The bytes of each text token, in the order of the ids. whisper.cpp itself defines all other tokens. */
  readonly tokens: readonly Uint8Array<ArrayBuffer>[];
  readonly tensors: readonly GgmlTensor[];
}

/** Returns the content of the model file. */
export function writeGgml(model: GgmlModel): Uint8Array<ArrayBuffer> {
  const head = Buffer.concat([...headParts(model)]);
  const heads = model.tensors.map(tensorHead);
  const sizes = model.tensors.map(({ shape, type }) => contentSize(shape, type));
  const size = [...heads.map(({ length }) => length), ...sizes].reduce((a, b) => a + b);
  const file = new Uint8Array(head.length + size);
  file.set(head);
  let offset = head.length;
  for (const [i, tensor] of model.tensors.entries()) {
    const title = heads[i]!;
    file.set(title, offset);
    file.set(tensor.bytes(), offset + title.length);
    offset += title.length + sizes[i]!;
  }
  return file;
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

function* headParts(model: GgmlModel): Generator<Uint8Array> {
  yield int32s(magic, ...Object.values(model.dimensions), fileTypes[model.type]);
  yield int32s(model.melFilters.length, model.melFilters[0]?.length ?? 0);
  for (const row of model.melFilters) yield new Uint8Array(row.buffer);
  yield int32s(model.tokens.length);
  yield Buffer.concat(model.tokens.flatMap((token) => [int32s(token.length), token]));
}

function tensorHead({ name, shape, type }: GgmlTensor): Uint8Array {
  const numbers = int32s(shape.length, name.length, tensorTypes[type], ...shape.toReversed());
  return Buffer.concat([numbers, new TextEncoder().encode(name)]);
}

function contentSize(shape: readonly number[], type: GgmlType): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (type === "q8_0") return (elements / q8Block.weights) * q8Block.bytes;
  return elements * (type === "float32" ? 4 : 2);
}

function int32s(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** Writes GGUF files, the format of models for transcribe.cpp. */
import { encodedBytes, encodeWeights, ggmlType, type WeightType } from "./weight-types.ts";

export type GgufValue = number | boolean | string | readonly string[] | Int32Array | Float | Signed;

/** A number that is stored as a 32-bit float. Other numbers are stored as unsigned 32-bit integers. */
export interface Float {
  readonly float: number;
}

/** A number that is stored as a signed 32-bit integer. */
export interface Signed {
  readonly signed: number;
}

export interface GgufTensor {
  readonly name: string;
  /** Dimensions in ggml's order. Adjacent weights differ in the first dimension. */
  readonly shape: readonly number[];
  readonly weights: Float32Array<ArrayBuffer>;
}

type TypeOf = (tensor: GgufTensor) => WeightType;

/** Returns the bytes of a GGUF file with weights in 32-bit floats. */
export function ggufFile(
  values: Readonly<Record<string, GgufValue>>,
  tensors: Iterable<GgufTensor>,
): Uint8Array {
  return Buffer.concat([...ggufPieces(values, tensors, () => "f32")]);
}

/** Returns a GGUF file in pieces. Iterates over `tensors` twice: for the header, and for the weights. */
export function* ggufPieces(
  values: Readonly<Record<string, GgufValue>>,
  tensors: Iterable<GgufTensor>,
  typeOf: TypeOf,
): Generator<Uint8Array> {
  yield headOf(values, tensors, typeOf);
  for (const tensor of tensors) {
    const bytes = encodeWeights(tensor.weights, typeOf(tensor));
    yield bytes;
    yield Buffer.alloc(padded(bytes.length) - bytes.length);
  }
}

/** Encodes a whole number of 32 bits. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Encodes a whole number of 64 bits. */
export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

// --- internal ---

const alignment = 32;
/** `GGUF_TYPE_*` */
const kind = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

function headOf(
  values: Readonly<Record<string, GgufValue>>,
  tensors: Iterable<GgufTensor>,
  typeOf: TypeOf,
): Buffer {
  const entries = Object.entries(values).map(([key, value]) => [text(key), encode(value)].flat());
  const descriptions: Buffer[] = [];
  let count = 0;
  let offset = 0;
  for (const tensor of tensors) {
    const { name, shape, weights } = tensor;
    const type = typeOf(tensor);
    const sizes = shape.map((size) => u64(size));
    descriptions.push(text(name), u32(shape.length), ...sizes, u32(ggmlType[type]), u64(offset));
    offset += padded(encodedBytes(weights.length, type));
    count++;
  }
  const head = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(count),
    u64(entries.length),
    ...entries.flat(),
    ...descriptions,
  ]);
  return Buffer.concat([head, Buffer.alloc(padded(head.length) - head.length)]);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

function encode(value: GgufValue): Buffer[] {
  if (typeof value === "number") return [u32(kind.u32), u32(value)];
  if (typeof value === "boolean") return [u32(kind.bool), Buffer.from([value ? 1 : 0])];
  if (typeof value === "string") return [u32(kind.string), text(value)];
  if (value instanceof Int32Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return [u32(kind.array), u32(kind.i32), u64(value.length), bytes];
  }
  if ("signed" in value) return [u32(kind.i32), i32(value.signed)];
  if ("float" in value) return [u32(kind.f32), f32(value.float)];
  return [u32(kind.array), u32(kind.string), u64(value.length), ...value.map(text)];
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

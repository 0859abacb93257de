/** Encodes tensors as MLX stores them. */

export type NumberType = "F32" | "F16" | "BF16";

export interface MlxTensor {
  readonly name: string;
  /** Sizes of the dimensions, the outermost dimension first. */
  readonly shape: readonly number[];
  readonly type: NumberType | "U32" | "I64";
  readonly bytes: Uint8Array;
}

export function encodeTensor(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  type: NumberType,
): MlxTensor {
  return { name, shape, type, bytes: new Uint8Array(encode(values, type).buffer) };
}

/** Returns the values that a decoder reads after the values were stored in `type`. */
export function rounded(values: Float32Array, type: NumberType): Float32Array {
  if (type === "F32") return values;
  if (type === "F16") return Float32Array.from(Float16Array.from(values));
  return new Float32Array(Uint32Array.from(bfloat16(values), (upper) => upper << 16).buffer);
}

// --- internal ---

function encode(values: Float32Array, type: NumberType): Float32Array | Float16Array | Uint16Array {
  if (type === "F32") return values;
  return type === "F16" ? Float16Array.from(values) : bfloat16(values);
}

/** Keeps the upper half of each float32, rounded to the nearest. */
function bfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.slice().buffer);
  return Uint16Array.from(bits, (all) => (all + 0x7fff + ((all >>> 16) & 1)) >>> 16);
}

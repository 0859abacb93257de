/** Encodes weights as 32-bit floats, 16-bit floats, or blocks of 8-bit numbers (q8_0), as ggml's file formats do. */
import { quantizeQ8_0 } from "../../vendor/models/q8-0.ts";

export type WeightType = "f32" | "f16" | "q8_0";

/** `GGML_TYPE_*` */
export const ggmlType: Readonly<Record<WeightType, number>> = { f32: 0, f16: 1, q8_0: 8 };

export function encodeWeights(weights: Float32Array, type: WeightType): Uint8Array {
  if (type === "f32") return new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  const halves = new Uint8Array(new Float16Array(weights).buffer);
  if (type === "f16") return halves;
  // The length of each row is a multiple of the length of a block, so the blocks do not depend on the shape.
  const matrix = { name: "", type: "float16", shape: [1, weights.length], bytes: () => halves };
  return quantizeQ8_0({ ...matrix, type: "float16" }).bytes();
}

export function encodedBytes(weights: number, type: WeightType): number {
  return type === "q8_0" ? (weights / 32) * 34 : weights * (type === "f16" ? 2 : 4);
}

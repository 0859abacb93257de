/**
 * Quantises matrices as `mlx.core.quantize` does: each group of a row has a scale and a bias, and a value is
 * `scale * number + bias`. Several numbers are packed into 32 bits, the first one in the lowest bits.
 */
import { encodeTensor, type MlxTensor, type NumberType, rounded } from "./tensors.ts";

export interface Quantization {
  readonly groupSize: 32 | 64 | 128;
  readonly bits: 4 | 8;
}

/** Returns the three tensors of a quantised matrix. */
export function quantized(
  matrix: {
    readonly name: string;
    readonly shape: readonly number[];
    readonly values: Float32Array;
  },
  { groupSize, bits }: Quantization,
  type: NumberType,
): MlxTensor[] {
  const { name, shape, values } = matrix;
  const [rows = 0, columns = 0] = shape;
  const numberMax = 2 ** bits - 1;
  const nGroups = values.length / groupSize;
  const scales = new Float32Array(nGroups);
  const biases = new Float32Array(nGroups);
  for (let group = 0; group < nGroups; group++) {
    const part = values.subarray(group * groupSize, (group + 1) * groupSize);
    biases[group] = part.reduce((a, b) => Math.min(a, b));
    scales[group] = Math.max(
      (part.reduce((a, b) => Math.max(a, b)) - biases[group]!) / numberMax,
      1e-7,
    );
  }
  const storedScales = rounded(scales, type);
  const storedBiases = rounded(biases, type);
  const perWord = 32 / bits;
  const packed = new Uint32Array(values.length / perWord);
  values.forEach((value, i) => {
    const group = Math.floor(i / groupSize);
    const number = Math.round((value - storedBiases[group]!) / storedScales[group]!);
    const clamped = Math.min(numberMax, Math.max(0, number));
    packed[Math.floor(i / perWord)]! |= clamped << ((i % perWord) * bits);
  });
  const stem = name.replace(/\.weight$/u, "");
  const packedShape = [rows, columns / perWord];
  const bytes = new Uint8Array(packed.buffer);
  const groupShape = [rows, columns / groupSize];
  return [
    { name, shape: packedShape, type: "U32", bytes },
    encodeTensor(`${stem}.scales`, groupShape, scales, type),
    encodeTensor(`${stem}.biases`, groupShape, biases, type),
  ];
}

// Writes CTranslate2's model.bin with matrices in int8. Quantises the matrices in the same way as CTranslate2.

import type { Variable } from "../../src/runner/conversion/ctranslate2-file.ts";

/**
 * Returns the content of model.bin. Each matrix becomes int8, with a scale for each row. Other variables do not change.
 */
export function writeInt8(variables: readonly Variable[]): Uint8Array<ArrayBuffer> {
  const written = variables.flatMap((one) => (isMatrix(one) ? quantized(one) : [one]));
  return Buffer.concat([
    uint32(version),
    text("WhisperSpec"),
    uint32(revision),
    uint32(written.length),
    ...written.flatMap(parts),
    uint32(aliases.length),
    ...aliases.flat().map(text),
  ]);
}

// --- internal ---

const version = 6;
const revision = 3;

/** Number that stands for each type in the file. */
const types: Readonly<Record<string, number>> = { float32: 0, int8: 1, int16: 2, float16: 4 };

/** Pairs of an alias and the variable to which it refers. Whisper's output layer uses the matrix of the embeddings. */
const aliases = [["decoder/projection/weight", "decoder/embeddings/weight"]];

/**
 * Returns whether the variable is quantised. Position encodings, convolutions and vectors are not quantised, because
 * CTranslate2 computes them in float32.
 */
function isMatrix({ name, shape }: Variable): boolean {
  return shape.length === 2 && name.endsWith("/weight");
}

function quantized({ name, shape, bytes }: Variable): Variable[] {
  const [rows = 0, columns = 0] = shape;
  const weights = new Float32Array(new Float16Array(bytes.buffer));
  const int8 = new Int8Array(weights.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const values = weights.subarray(row * columns, (row + 1) * columns);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = largest === 0 ? 1 : Math.fround(127 / largest);
    scales[row] = scale;
    for (let i = 0; i < columns; i++) {
      int8[row * columns + i] = roundHalfToEven(Math.fround(values[i]! * scale));
    }
  }
  return [
    { name, shape, type: "int8", bytes: new Uint8Array(int8.buffer) },
    {
      name: `${name}_scale`,
      shape: [rows],
      type: "float32",
      bytes: new Uint8Array(scales.buffer),
    },
  ];
}

/** Rounds a half to the even integer. When CTranslate2 quantises weights, the processor rounds in the same way. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

function parts({ name, shape, type, bytes }: Variable): Uint8Array[] {
  const head = Uint8Array.of(shape.length);
  const number = Uint8Array.of(types[type] ?? 255);
  return [text(name), head, ...shape.map(uint32), number, uint32(bytes.length), bytes];
}

function uint32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** Encodes a string: its length in 16 bits, then the characters and a zero byte. The length includes the zero byte. */
function text(value: string): Uint8Array {
  const characters = new TextEncoder().encode(`${value}\0`);
  return Buffer.concat([new Uint8Array(Uint16Array.of(characters.length).buffer), characters]);
}

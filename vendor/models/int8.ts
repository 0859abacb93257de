// Writes CTranslate2's model.bin with matrices in int8, as CTranslate2 itself quantises them.

import type { Variable } from "../../src/runner/conversion/ctranslate2-file.ts";

/** The file of a Whisper model. Matrices become int8 with a scale for each row; other variables do not change. */
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

/** The numbers of the types in the file. */
const types: Readonly<Record<string, number>> = { float32: 0, int8: 1, int16: 2, float16: 4 };

/** Whisper's output layer uses the matrix of the embeddings: [other name, name]. */
const aliases = [["decoder/projection/weight", "decoder/embeddings/weight"]];

/** CTranslate2 computes position encodings, convolutions and vectors in float32. */
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

/** The rounding of the processor, which CTranslate2 uses. */
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

/** A string: its length with the zero byte at the end in 16 bits, then the characters. */
function text(value: string): Uint8Array {
  const characters = new TextEncoder().encode(`${value}\0`);
  return Buffer.concat([new Uint8Array(Uint16Array.of(characters.length).buffer), characters]);
}

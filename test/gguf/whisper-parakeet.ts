/** Writes a random Parakeet model in the format of whisper.cpp's `parakeet.h`. */
import { melFilters } from "../../src/runner/conversion/mel-filters.ts";
import type { GgufTensor } from "./gguf-file.ts";
import { nemoName } from "./nemo-names.ts";
import { durations, type ParakeetShape, piecesOf } from "./parakeet.ts";
import { encodeWeights, ggmlType } from "./weight-types.ts";

/** Returns the file in pieces, with matrices of 16-bit floats. whisper.cpp's parakeet-quantize converts it to q8_0. */
export function* whisperParakeetPieces(
  shape: ParakeetShape,
  tensors: Iterable<GgufTensor>,
): Generator<Uint8Array> {
  yield* headPieces(shape);
  for (const tensor of tensors) yield* tensorPieces(tensor);
  for (let layer = 0; layer < shape.layers; layer++) {
    yield tensorHead(`encoder.layers.${layer}.conv.batch_norm.num_batches_tracked`, [1], "f32");
    yield int32s(0);
  }
}

// --- internal ---

const magic = 0x67676d6c;
const fileTypeF16 = 1;
const fftSize = 512;
const windowSize = 400;

function* headPieces(shape: ParakeetShape): Generator<Uint8Array> {
  const { layers, width, heads, channels, mels, predictorWidth, predictorLayers } = shape;
  yield int32s(magic, shape.vocabulary, 5000, width, heads, layers, mels, fileTypeF16, fftSize);
  yield int32s(8, channels, 9, predictorWidth, predictorLayers, durations.length, 10);
  const filters = melFilters(mels, fftSize);
  yield int32s(mels, fftSize / 2 + 1);
  for (const filter of filters) yield new Uint8Array(filter.buffer);
  yield int32s(windowSize);
  yield new Uint8Array(hannWindow().buffer);
  yield int32s(...durations);
  yield int32s(shape.vocabulary);
  for (const piece of piecesOf(shape.vocabulary)) {
    const bytes = Buffer.from(piece);
    yield int32s(bytes.length);
    yield bytes;
  }
}

function hannWindow(): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: windowSize },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (windowSize - 1)),
  );
}

function* tensorPieces({ name, shape, weights }: GgufTensor): Generator<Uint8Array> {
  const isKernel = /conv\.(?:\d|depthwise)/u.test(name);
  const isMatrix = shape.length > 1 && !isKernel && !name.includes("pos_bias");
  const type = isMatrix ? "f16" : "f32";
  yield tensorHead(whisperName(name), whisperShape(name, shape), type);
  yield encodeWeights(name.startsWith("pred.lstm") ? reorderGates(weights) : weights, type);
}

function whisperName(name: string): string {
  return nemoName(name)
    .replace(/lstm\.(\d+)\.Wx/u, "lstm.weight_ih_l$1")
    .replace(/lstm\.(\d+)\.Wh/u, "lstm.weight_hh_l$1")
    .replace(/lstm\.(\d+)\.bias/u, "lstm.bias_h_l$1");
}

/** The loader expects 4 dimensions for the biases of the subsampling, and 2 for convolutions of layers. */
function whisperShape(name: string, shape: readonly number[]): readonly number[] {
  if (/pre_encode\.conv\.\d\.bias/u.test(name)) return [1, 1, ...shape, 1];
  return name.includes("blocks") ? shape.filter((size) => size > 1) : shape;
}

/** Changes the order of the gates from (input, forget, cell, output) to (input, forget, output, cell). */
function reorderGates(weights: Float32Array): Float32Array {
  const quarter = weights.length / 4;
  const gates = [0, 1, 3, 2].map((gate) => weights.subarray(gate * quarter, (gate + 1) * quarter));
  return Float32Array.from(gates.flatMap((gate) => [...gate]));
}

function tensorHead(name: string, shape: readonly number[], type: "f16" | "f32"): Uint8Array {
  const bytes = Buffer.from(name);
  return Buffer.concat([int32s(shape.length, bytes.length, ggmlType[type], ...shape), bytes]);
}

function int32s(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/**
 * Reads the number and the format of the weights of a Whisper model from the header of its ggml file. Treats the file
 * as untrusted input.
 */
import type { Precision } from "../../jobs/model-facts.ts";
import { readHead } from "../file-facts.ts";
import type { WeightFacts } from "./weight-facts.ts";

/** Returns facts about the weights. Null when the file is not a ggml file of a Whisper model. */
export async function ggmlWeights(path: string): Promise<WeightFacts | null> {
  const bytes = await readHead(path, headerBytes);
  if (bytes === null || bytes.length < headerBytes) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const numbers = Array.from({ length: 11 }, (_, index) => header.getInt32(4 + 4 * index, true));
  const isPlausible = numbers.every((number) => number >= 0 && number <= numberMax);
  if (header.getUint32(0, true) !== magic || !isPlausible) return null;
  // If the weights are quantized, the last number of the header is 1000 times the version of the quantization plus the
  // number of the format.
  const format = (numbers.at(-1) ?? 0) % 1000;
  return { parameters: parametersOf(numbers), precision: precisions.get(format) ?? null };
}

// --- internal ---

const magic = 0x67676d6c;
const headerBytes = 48;
/**
 * Maximum value of a number in the header. The largest number in real files is the size of the vocabulary, about
 * 52,000.
 */
const numberMax = 100_000;

/** Number formats of weights, by the number that ggml uses for the file format. */
const precisions: ReadonlyMap<number, Precision> = new Map([
  [0, "fp32"],
  [1, "fp16"],
  [2, "int4"],
  [3, "int4"],
  [7, "int8"],
  [8, "int5"],
  [9, "int5"],
  [12, "int4"],
  [13, "int5"],
  [14, "int6"],
]);

function parametersOf(numbers: readonly number[]): number {
  const [
    vocabulary = 0,
    audioContext = 0,
    audioWidth = 0,
    ,
    audioLayers = 0,
    textContext = 0,
    textWidth = 0,
    ,
    textLayers = 0,
    melBands = 0,
  ] = numbers;
  const convolutions = 3 * audioWidth * (melBands + audioWidth) + 2 * audioWidth;
  const encoder =
    convolutions +
    audioContext * audioWidth +
    audioLayers * (attention(audioWidth) + feedForward(audioWidth) + 2 * norm(audioWidth)) +
    norm(audioWidth);
  const decoder =
    (vocabulary + textContext) * textWidth +
    textLayers * (2 * attention(textWidth) + feedForward(textWidth) + 3 * norm(textWidth)) +
    norm(textWidth);
  return encoder + decoder;
}

/**
 * Number of weights of an attention block: four matrices for query, key, value and output, and three biases, because
 * the key has no bias.
 */
const attention = (width: number): number => 4 * width ** 2 + 3 * width;
const feedForward = (width: number): number => 8 * width ** 2 + 5 * width;
const norm = (width: number): number => 2 * width;

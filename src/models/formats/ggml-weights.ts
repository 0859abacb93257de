/** Number and format of the weights of a Whisper model, from the header of its ggml file. The file is untrusted. */
import type { Precision } from "../../jobs/model-facts.ts";
import { readHead } from "../file-facts.ts";
import type { WeightFacts } from "./weight-facts.ts";

/** Null when the file is not a ggml file of a Whisper model. */
export async function ggmlWeights(path: string): Promise<WeightFacts | null> {
  const bytes = await readHead(path, headerBytes);
  if (bytes === null || bytes.length < headerBytes) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const numbers = Array.from({ length: 11 }, (_, index) => header.getInt32(4 + 4 * index, true));
  const isPlausible = numbers.every((number) => number >= 0 && number <= numberMax);
  if (header.getUint32(0, true) !== magic || !isPlausible) return null;
  // A quantized file has the version of its quantization in the thousands.
  const format = (numbers.at(-1) ?? 0) % 1000;
  return { parameters: parametersOf(numbers), precision: precisions.get(format) ?? null };
}

// --- internal ---

const magic = 0x67676d6c;
const headerBytes = 48;
/** The largest number in a header is the size of the vocabulary. */
const numberMax = 100_000;

/** The numbers of ggml's file formats. */
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

/** Query, key, value and output; the key has no bias. */
const attention = (width: number): number => 4 * width ** 2 + 3 * width;
const feedForward = (width: number): number => 8 * width ** 2 + 5 * width;
const norm = (width: number): number => 2 * width;

/**
 * Reads the capabilities of a model from the header of a ggml file of whisper.cpp. Treats the file as untrusted input.
 */
import { AsrError } from "../../errors.ts";
import type { Capabilities } from "../../ipc/capabilities.ts";
import { readFacts, readHead } from "../file-facts.ts";
import { languagesOfVocabulary, whisperCapabilities } from "./whisper-capabilities.ts";

/**
 * Returns the capabilities of the model. Null when the file is not a ggml file. Throws AsrError `model_load_failed`
 * when the header is damaged, or when the file is too small for the weights that the header describes.
 */
export async function inspectGgmlWhisper(path: string): Promise<Capabilities | null> {
  const bytes = await readHead(path, headerBytes);
  if (bytes === null || bytes.length < 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== magic) return null;
  if (bytes.length < headerBytes) throw damaged("the file ends inside its header");
  const header = readHeader(view);
  requireDimensions(header);
  requireWeights(header, (await readFacts(path))?.bytes ?? Infinity);
  const languages = languagesOfVocabulary(header.vocabulary);
  // Word times are always available, because whisper.cpp itself contains the alignment heads of each model.
  const hasWholeDecoder = header.textLayers >= header.audioLayers;
  return whisperCapabilities({ languages, words: true, hasWholeDecoder });
}

// --- internal ---

/** The header consists of the magic number "ggml" and eleven other numbers. Each number has four bytes. */
const magic = 0x67676d6c;
const headerBytes = 48;

/** Minimum and maximum number of tokens in the vocabulary. They are the same as in ffi/common/ggml_file.hpp. */
const vocabularyMin = 51_864;
const vocabularyMax = 60_000;
const limits = {
  audioPositions: [1, 1500],
  audioWidth: [64, 4096],
  audioHeads: [1, 64],
  audioLayers: [1, 128],
  textPositions: [32, 4096],
  textWidth: [64, 4096],
  textHeads: [1, 64],
  textLayers: [1, 128],
} as const;
type Dimension = keyof typeof limits;

/** Number of bytes of 256 weights, by the number that ggml uses for the format. */
const weightBytes: Readonly<Record<number, number>> = {
  0: 1024,
  1: 512,
  2: 144,
  3: 160,
  7: 272,
  8: 176,
  9: 192,
  10: 84,
  11: 110,
  12: 144,
  13: 176,
  14: 210,
  24: 512,
};
/** The header stores the format and its version in one number: version × 1000 + format. */
const formatVersionFactor = 1000;

interface Header extends Readonly<Record<Dimension, number>> {
  readonly vocabulary: number;
  readonly melBands: number;
  readonly format: number;
}

function readHeader(view: DataView): Header {
  const at = (index: number): number => view.getInt32(4 + 4 * index, true);
  return {
    vocabulary: at(0),
    audioPositions: at(1),
    audioWidth: at(2),
    audioHeads: at(3),
    audioLayers: at(4),
    textPositions: at(5),
    textWidth: at(6),
    textHeads: at(7),
    textLayers: at(8),
    melBands: at(9),
    format: at(10) % formatVersionFactor,
  };
}

function requireDimensions(header: Header): void {
  const { vocabulary, melBands, audioWidth, audioHeads, textWidth, textHeads } = header;
  if (vocabulary < vocabularyMin || vocabulary > vocabularyMax) {
    const expected = `expected ${vocabularyMin} to ${vocabularyMax}`;
    throw damaged(`its header claims a vocabulary of ${vocabulary} tokens, ${expected}`);
  }
  const areWithin = Object.entries(limits).every(
    ([name, [min, max]]) => header[name as Dimension] >= min && header[name as Dimension] <= max,
  );
  const areDivided = audioWidth % audioHeads === 0 && textWidth % textHeads === 0;
  const isKnown = (melBands === 80 || melBands === 128) && header.format in weightBytes;
  if (!areWithin || !areDivided || !isKnown || audioWidth !== textWidth) {
    throw damaged("its header holds impossible dimensions");
  }
}

/**
 * Throws AsrError when the file is too small for the weights that the header describes. The computed size is a minimum,
 * because it counts only the vocabulary and the large matrices. Each attention block has four large matrices. Each
 * layer has two more matrices, which are four times as large.
 */
function requireWeights(header: Header, fileBytes: number): void {
  const { audioWidth, audioLayers, textLayers, textWidth, vocabulary, format } = header;
  const weights = audioWidth ** 2 * (12 * audioLayers + 16 * textLayers) + vocabulary * textWidth;
  const bytes = Math.floor(weights / 256) * (weightBytes[format] ?? 0);
  if (fileBytes < bytes) {
    throw damaged(
      `its header describes ${bytes} bytes of weights, the file has ${fileBytes} bytes`,
    );
  }
}

function damaged(reason: string): AsrError {
  return new AsrError("model_load_failed", `Cannot read the model: ${reason}`);
}

/**
 * Reads the number and the format of the weights in a model.bin of CTranslate2. Treats the file as untrusted input.
 *
 *     file     = version (4 bytes) name revision (4) count (4) variable...
 *     variable = name rank (1) dimension (4)... type (1) length (4) value
 *     name     = length (2) text with a zero at its end
 */
import type { Precision } from "../../jobs/model-facts.ts";
import { readFacts } from "../file-facts.ts";
import type { WeightFacts } from "./weight-facts.ts";

/** Returns facts about the weights. Null when the file is not in this format. */
export async function ctranslate2Weights(path: string): Promise<WeightFacts | null> {
  const facts = await readFacts(path);
  if (facts?.kind !== "file") return null;
  const file = Bun.file(path);
  const head = (at: number) => file.slice(at, Math.min(at + headBytes, facts.bytes)).bytes();
  try {
    let at = 0;
    const start = new Head(await head(0));
    const version = start.number(4);
    start.skipName();
    start.number(4);
    const count = start.number(4);
    if (version !== knownVersion || count > variablesMax) return null;
    at += start.length;
    const items = new Map<number, number>();
    for (let read = 0; read < count; read++) {
      const variable = new Head(await head(at));
      const { type, elements, bytes } = variable.variable();
      at += variable.length + bytes;
      if (at > facts.bytes) return null;
      items.set(type, (items.get(type) ?? 0) + elements);
    }
    const parameters = [...items.values()].reduce((sum, number) => sum + number, 0);
    const [most] = [...items].toSorted(([, one], [, other]) => other - one);
    return { parameters, precision: precisions[most?.[0] ?? -1] ?? null };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

// --- internal ---

const knownVersion = 6;
/** Maximum number of variables. The model large-v3 has 1,500 variables. */
const variablesMax = 10_000;
/**
 * Number of bytes to read for the start of a variable. A name of 64 bytes, four dimensions and the other fields need
 * fewer bytes.
 */
const headBytes = 512;

/**
 * Number formats. The index is the number of the type in CTranslate2. Null for a type that is not a format of weights.
 */
const precisions: readonly (Precision | null)[] = ["fp32", "int8", "int16", null, "fp16", "bf16"];

/** Reads the bytes before the value of a variable. Throws RangeError when a read exceeds the bytes. */
class Head {
  readonly #view: DataView;
  length = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  number(bytes: 1 | 2 | 4): number {
    const at = this.length;
    this.length += bytes;
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  skipName(): void {
    const bytes = this.number(2);
    this.length += bytes;
  }

  variable(): { type: number; elements: number; bytes: number } {
    this.skipName();
    const rank = this.number(1);
    let elements = 1;
    for (let read = 0; read < rank; read++) elements *= this.number(4);
    return { elements, type: this.number(1), bytes: this.number(4) };
  }
}

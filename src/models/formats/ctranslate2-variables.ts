/**
 * Reads the list of variables in a model.bin of CTranslate2, without their values. Treats the file as untrusted input.
 *
 *     file     = version (4 bytes) name revision (4) count (4) variable...
 *     variable = name rank (1) dimension (4)... type (1) length (4) value
 *     name     = length (2) text with a zero at its end
 */
import { readFacts } from "../file-facts.ts";

export interface VariableHead {
  readonly name: string;
  /** Number of weights in the variable. */
  readonly elements: number;
  /** Number that CTranslate2 uses for the type of the weights. */
  readonly type: number;
}

/** Returns the variables in the order of the file. Null when the file does not have this format. */
export async function readVariableHeads(path: string): Promise<readonly VariableHead[] | null> {
  const facts = await readFacts(path);
  if (facts?.kind !== "file") return null;
  const file = Bun.file(path);
  const head = (at: number) => file.slice(at, Math.min(at + headBytes, facts.bytes)).bytes();
  try {
    const start = new Head(await head(0));
    const version = start.number(4);
    start.name();
    start.number(4);
    const count = start.number(4);
    if (version !== knownVersion || count > variablesMax) return null;
    let at = start.length;
    const heads: VariableHead[] = [];
    for (let read = 0; read < count; read++) {
      const variable = new Head(await head(at));
      const { bytes, ...found } = variable.variable();
      at += variable.length + bytes;
      if (at > facts.bytes) return null;
      heads.push(found);
    }
    return heads;
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
 * Number of bytes to read for the fields before the value of a variable. In real files, these fields need fewer bytes,
 * even with a name of 64 bytes and four dimensions.
 */
const headBytes = 512;

/**
 * Reads the fields before the value of a variable. Throws RangeError when a field is longer than the bytes that were
 * read.
 */
class Head {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  length = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  number(bytes: 1 | 2 | 4): number {
    const at = this.length;
    this.length += bytes;
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  name(): string {
    const bytes = this.number(2);
    const at = this.length;
    this.length += bytes;
    // Omits the last byte, because a name ends with a zero byte.
    return new TextDecoder().decode(this.#bytes.subarray(at, Math.max(at, this.length - 1)));
  }

  variable(): VariableHead & { readonly bytes: number } {
    const name = this.name();
    const rank = this.number(1);
    let elements = 1;
    for (let read = 0; read < rank; read++) elements *= this.number(4);
    return { name, elements, type: this.number(1), bytes: this.number(4) };
  }
}

/** Reads the header of a GGUF file: its values and the list of its tensors. Treats the file as untrusted input. */
import { AsrError } from "../../errors.ts";
import { readFacts, readHead } from "../file-facts.ts";

type GgufValue = number | bigint | boolean | string | readonly string[];

export interface GgufHeader {
  /**
   * Values by key. A list of texts is included only if it has at most `listMax` entries. All other lists are omitted.
   */
  readonly values: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
}

interface GgufTensor {
  readonly elements: number;
  /** Number that ggml uses for the type of the weights. */
  readonly type: number;
}

/**
 * Returns the header. Null when the file is not a GGUF file. Throws AsrError `model_load_failed` when the header is
 * damaged.
 */
export async function readGgufHeader(path: string): Promise<GgufHeader | null> {
  const fileBytes = (await readFacts(path))?.bytes ?? 0;
  for (const bytesMax of headSizes) {
    const head = await readHead(path, bytesMax);
    if (head === null || head.length < 4 || !isGguf(head)) return null;
    try {
      return new HeaderReader(head).read();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // The header is longer than the part that was read.
      if (head.length === fileBytes) break;
    }
  }
  throw damaged("the file ends inside its header");
}

// --- internal ---

/**
 * Numbers of bytes to read from the start of the file. If the header does not fit, the next number is tried. A header
 * with a long vocabulary has several megabytes.
 */
const headSizes = [1, 8, 64].map((megabytes) => megabytes * 1024 ** 2);
/** Maximum number of values, and maximum number of tensors. Real files have up to 100 values and 2000 tensors. */
const entriesMax = 100_000;
/**
 * Maximum number of entries in a list that the header keeps. A list of languages is short enough. A vocabulary is
 * longer, so it is skipped.
 */
const listMax = 200;
/** Minimum size in bytes of a value, a tensor or an entry of a list. */
const entryBytesMin = 1;

/** Numbers of some types of values (`GGUF_TYPE_*`). */
const kind = { bool: 7, string: 8, array: 9 } as const;
/** Sizes in bytes of the types that are neither text nor list. The key is the number of the type (`GGUF_TYPE_*`). */
const numberBytes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  [kind.bool]: 1,
  10: 8,
  11: 8,
  12: 8,
};

function isGguf(head: Uint8Array): boolean {
  return new TextDecoder().decode(head.subarray(0, 4)) === "GGUF";
}

/** Reads the header. If the header continues after the end of the bytes, throws RangeError. */
class HeaderReader {
  readonly #view: DataView;
  #at = 4;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  read(): GgufHeader {
    const version = this.#u32();
    if (version < 2 || version > 3) throw damaged(`its version is ${version}, expected 2 or 3`);
    const tensorCount = this.#count();
    const valueCount = this.#count();
    if (tensorCount > entriesMax || valueCount > entriesMax) {
      throw damaged("its header holds impossible numbers");
    }
    const values = new Map<string, GgufValue>();
    for (let i = 0; i < valueCount; i++) {
      const key = this.#text();
      const value = this.#value(this.#u32());
      if (value !== null) values.set(key, value);
    }
    return { values, tensors: Array.from({ length: tensorCount }, () => this.#tensor()) };
  }

  #tensor(): GgufTensor {
    this.#text();
    const dimensions = Array.from({ length: Math.min(this.#u32(), 4) }, () => this.#count());
    const type = this.#u32();
    this.#skip(8); // offset
    return { elements: dimensions.reduce((product, size) => product * size, 1), type };
  }

  #value(type: number): GgufValue | null {
    if (type === kind.string) return this.#text();
    if (type === kind.array) return this.#list();
    return this.#number(type);
  }

  #list(): readonly string[] | null {
    const type = this.#u32();
    const count = this.#count();
    if (type !== kind.string) {
      this.#skip(count * bytesOf(type));
      return null;
    }
    if (count <= listMax) return Array.from({ length: count }, () => this.#text());
    this.#require(count * entryBytesMin);
    for (let i = 0; i < count; i++) this.#skip(this.#count());
    return null;
  }

  #number(type: number): GgufValue {
    const at = this.#skip(bytesOf(type));
    const view = this.#view;
    const read: Readonly<Record<number, () => GgufValue>> = {
      0: () => view.getUint8(at),
      1: () => view.getInt8(at),
      2: () => view.getUint16(at, true),
      3: () => view.getInt16(at, true),
      4: () => view.getUint32(at, true),
      5: () => view.getInt32(at, true),
      6: () => view.getFloat32(at, true),
      [kind.bool]: () => view.getUint8(at) !== 0,
      10: () => view.getBigUint64(at, true),
      11: () => view.getBigInt64(at, true),
      12: () => view.getFloat64(at, true),
    };
    return read[type]!();
  }

  #text(): string {
    const length = this.#count();
    const at = this.#skip(length);
    return new TextDecoder().decode(
      new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length),
    );
  }

  #u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** Reads a 64-bit number that is a number of bytes or a number of entries. */
  #count(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  /** Moves the position forward by `bytes`. Returns the position before the move. */
  #skip(bytes: number): number {
    this.#require(bytes);
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  #require(bytes: number): void {
    if (bytes > this.#view.byteLength - this.#at) throw new RangeError("the header continues");
  }
}

function bytesOf(type: number): number {
  const bytes = numberBytes[type];
  if (bytes === undefined) throw damaged(`its header holds a value of unknown type ${type}`);
  return bytes;
}

function damaged(reason: string): AsrError {
  return new AsrError("model_load_failed", `Cannot read the model: ${reason}`);
}

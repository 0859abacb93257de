/** Reads version 6 of CTranslate2's model.bin, which is a list of named tensors. */

import { AsrError } from "../../errors.ts";

export interface Variable {
  readonly name: string;
  /** Sizes of the dimensions, the outermost dimension first. Empty for a scalar. */
  readonly shape: readonly number[];
  readonly type: VariableType;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type VariableType = "float32" | "int8" | "int16" | "int32" | "float16" | "bfloat16";

/** Returns all variables in the order of the file. Excludes aliases, which are additional names of a tensor. */
export function readVariables(file: Uint8Array<ArrayBuffer>): Variable[] {
  const read = new Reader(file);
  const version = read.uint32();
  if (version !== 6) {
    throw damaged(`it has version ${version}, expected 6`);
  }
  read.text();
  read.uint32();
  return Array.from({ length: read.uint32() }, () => readVariable(read));
}

// --- internal ---

/** Element types. The index of a type in this list is the number that the file uses for the type. */
const types: readonly VariableType[] = ["float32", "int8", "int16", "int32", "float16", "bfloat16"];

function readVariable(read: Reader): Variable {
  const name = read.text();
  const shape = Array.from({ length: read.uint8() }, () => read.uint32());
  const number = read.uint8();
  const type = types[number];
  if (!type) throw damaged(`"${name}" is of unknown type ${number}`);
  const length = read.uint32();
  // Does not copy int8 data, because it needs no alignment and is the largest part of the file.
  const bytes = type === "int8" ? read.part(length) : read.bytes(length);
  return { name, shape, type, bytes };
}

function damaged(reason: string): AsrError {
  return new AsrError("model_load_failed", `Cannot read model.bin: ${reason}`);
}

class Reader {
  readonly #file: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #offset = 0;

  constructor(file: Uint8Array<ArrayBuffer>) {
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Reads a string, which consists of a 16-bit length, the characters and a zero byte. */
  text(): string {
    const length = this.#view.getUint16(this.#advance(2), true);
    return new TextDecoder().decode(this.part(length).subarray(0, -1));
  }

  /** Returns a copy of the next bytes. The copy is aligned for every element type. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return this.part(length).slice();
  }

  /** Returns the next bytes as a view of the file, not as a copy. */
  part(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#advance(length);
    return this.#file.subarray(start, start + length);
  }

  #advance(length: number): number {
    const start = this.#offset;
    this.#offset += length;
    if (this.#offset > this.#file.length) {
      throw damaged("it ends too early");
    }
    return start;
  }
}

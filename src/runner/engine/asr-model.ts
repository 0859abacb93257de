/** Provides the vocabulary and the properties of a loaded model. The methods are fast, and any thread can call them. */
import type { Pointer } from "bun:ffi";
import { engineLanguage } from "../../transcript/languages.ts";
import type { EngineLibrary } from "./asr-library.ts";
import { type ModelInfo, readModelInfo, structSize } from "./asr-structs.ts";

export class Model implements Disposable {
  readonly info: ModelInfo;
  readonly #library: EngineLibrary;
  readonly #pointer: Pointer;
  /** Buffer for the bytes of one token. It is longer than any token. */
  readonly #bytes = new Uint8Array(1024);

  constructor(library: EngineLibrary, pointer: Pointer) {
    this.#library = library;
    this.#pointer = pointer;
    this.info = this.#readInfo();
  }

  /** Returns the bytes of a token. A token may end inside a UTF-8 character. */
  tokenBytes(id: number): Uint8Array {
    const bytes = this.#bytes;
    const address = this.#library.addressOf(bytes);
    const c = this.#library.c;
    const n = c.asr_model_get_token_bytes(this.#pointer, id, address, bytes.length);
    this.#library.check(n, "read a token");
    return bytes.slice(0, n);
  }

  /** Frees the model. Close all of its lanes first. */
  [Symbol.dispose](): void {
    this.#library.c.asr_model_free(this.#pointer);
  }

  #readInfo(): ModelInfo {
    const info = new DataView(new ArrayBuffer(structSize.modelInfo));
    const c = this.#library.c;
    const code = c.asr_model_get_info(this.#pointer, this.#library.addressOf(info));
    this.#library.check(code, "read the model's properties");
    const languages = Array.from({ length: info.getInt32(12, true) }, (_, index) =>
      engineLanguage(c.asr_model_get_language(this.#pointer, index) ?? ""),
    );
    return readModelInfo(info, languages);
  }
}

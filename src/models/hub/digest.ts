/** Checks the content of a file against the hash that names it on the hub, while the file arrives. */
import { createHash, type Hash } from "node:crypto";

export interface Digest {
  /** "sha256": of large files (LFS). "git": the SHA-1 of git's blob object, of all other files. */
  readonly algorithm: "sha256" | "git";
  /** Lower-case hexadecimal. Also the name of the file in the `blobs` folder of the cache. */
  readonly hex: string;
}

export class RunningDigest {
  readonly #expected: Digest;
  readonly #hash: Hash;
  #bytes = 0;

  constructor(expected: Digest, fileBytes: number) {
    this.#expected = expected;
    this.#hash = createHash(expected.algorithm === "git" ? "sha1" : "sha256");
    // Git hashes a header with the length before the content.
    if (expected.algorithm === "git") this.#hash.update(`blob ${fileBytes}\0`);
  }

  /** Bytes of content so far. */
  get bytes(): number {
    return this.#bytes;
  }

  update(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#bytes += piece.length;
  }

  /** Ends the computation. */
  matches(): boolean {
    return this.#hash.digest("hex") === this.#expected.hex;
  }
}

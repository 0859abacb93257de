/**
 * Checks the hash of a file while the bytes of the file arrive. On the hub, this hash identifies the content of the
 * file.
 */

export interface Digest {
  /** "sha256": SHA-256 hash of a large file (LFS). "git": SHA-1 hash of a git blob object, for all other files. */
  readonly algorithm: "sha256" | "git";
  /** Hash in lower-case hexadecimal. It is also the name of the file in the `blobs` folder of the cache. */
  readonly hex: string;
}

export class RunningDigest {
  readonly #expected: Digest;
  readonly #hash: Bun.CryptoHasher;
  #bytes = 0;

  constructor(expected: Digest, fileBytes: number) {
    this.#expected = expected;
    this.#hash = new Bun.CryptoHasher(expected.algorithm === "git" ? "sha1" : "sha256");
    // Git adds a header with the length of the content before it computes the hash.
    if (expected.algorithm === "git") this.#hash.update(`blob ${fileBytes}\0`);
  }

  /** Number of bytes that were added to the hash so far. */
  get bytes(): number {
    return this.#bytes;
  }

  update(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#bytes += piece.length;
  }

  /** Returns whether the hash of the added bytes is the expected hash. After this call, no more bytes can be added. */
  matches(): boolean {
    return this.#hash.digest("hex") === this.#expected.hex;
  }
}

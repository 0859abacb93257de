/**
 * Recognises a request that repeats an earlier one. The two requests have the same client, the same route, the same
 * fields and the same file.
 */
import type { Task } from "../../transcript/transcript.ts";

/**
 * Returns whether OpenAI's client library sends the request again because the first attempt failed. Other requests with
 * the same upload are new requests.
 */
export function isRetry(request: Request): boolean {
  return Number(request.headers.get("x-stainless-retry-count") ?? 0) > 0;
}

/** Computes the identity of an upload while it arrives. The client is a part of it, so no client can name the upload of another one. */
export class UploadIdentity {
  readonly #hash = new Bun.CryptoHasher("sha256");

  /** `client` is the id of an API key or, without keys, an address. */
  constructor(client: string, task: Task) {
    this.#add([client, task]);
  }

  addField(name: string, value: string): void {
    this.#add([name, value]);
  }

  /** Returns the identity. Call this once, after the last field. `sha256` is the digest of the file. */
  finish(sha256: string): string {
    this.#add([sha256]);
    return this.#hash.digest("hex");
  }

  /** Adds a list of texts. JSON marks where each text ends, so different lists never have the same bytes. */
  #add(texts: readonly string[]): void {
    this.#hash.update(JSON.stringify(texts));
  }
}

/** Recognizes a request that repeats an earlier request. Both requests have the same client, route, fields and file. */

/**
 * Returns whether OpenAI's client library sends this request again because its first attempt failed. A request without
 * the header of this library counts as a new request, even if it has the same upload as an earlier request.
 */
export function isRetry(request: Request): boolean {
  return Number(request.headers.get("x-stainless-retry-count") ?? 0) > 0;
}

/**
 * Computes the identity of an upload while the upload arrives. The identity depends on the client, so a client cannot
 * get the result of another client's upload.
 */
export class UploadIdentity {
  readonly #hash = new Bun.CryptoHasher("sha256");

  /**
   * `client` is the id of the client's API key. Without API keys, it is the address of the client. `route` is the path
   * with the query.
   */
  constructor(client: string, route: string) {
    this.#add([client, route]);
  }

  addField(name: string, value: string): void {
    this.#add([name, value]);
  }

  /** Returns the identity. Call this once, after the last field. `sha256` is the hash of the file. */
  finish(sha256: string): string {
    this.#add([sha256]);
    return this.#hash.digest("hex");
  }

  /**
   * Adds a list of texts to the hash. JSON marks the end of each text, so different lists never have the same bytes.
   */
  #add(texts: readonly string[]): void {
    this.#hash.update(JSON.stringify(texts));
  }
}

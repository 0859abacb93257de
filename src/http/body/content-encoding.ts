/** Decodes a request body according to the Content-Encoding header. Only gzip is supported. */
import { AsrError } from "../../errors.ts";

/** Returns whether the body is compressed with gzip. Throws AsrError `unsupported_encoding` for any other encoding. */
export function isGzipped(request: Request): boolean {
  const written = request.headers.get("content-encoding") ?? "";
  const encoding = written.trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return false;
  // According to RFC 9110, "x-gzip" means the same as "gzip".
  if (encoding === "gzip" || encoding === "x-gzip") return true;
  throw new AsrError(
    "unsupported_encoding",
    `Cannot decode a body with the Content-Encoding "${written.slice(0, 100)}": expected gzip, or no encoding`,
  );
}

/**
 * Yields the decoded bytes. Reads the next piece only after the previous piece is decoded and all its bytes are
 * consumed. Therefore memory use stays small, even if a piece decodes to many bytes. Throws AsrError `invalid_request`
 * for damaged or incomplete data.
 */
export async function* gunzipped(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Most servers never get such a body, and the module loads all streams of Node.
  const { createGunzip } = await import("node:zlib");
  const gunzip = createGunzip({ chunkSize: decodedPieceBytes });
  const progress = new Progress();
  gunzip.on("readable", () => progress.note());
  gunzip.on("error", (cause) => progress.fail(notGzip(cause)));
  const decoded = async function* (isTaken: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      progress.throwFailure();
      const isLast = isTaken();
      const bytes: Uint8Array | null = gunzip.read();
      if (bytes !== null) yield bytes;
      else if (isLast) return;
      else await progress.next();
    }
  };
  try {
    for await (const piece of pieces) {
      let isTaken = false;
      gunzip.write(piece, () => {
        isTaken = true;
        progress.note();
      });
      yield* decoded(() => isTaken);
    }
    gunzip.on("end", () => progress.note());
    gunzip.end();
    yield* decoded(() => gunzip.readableEnded);
  } finally {
    gunzip.destroy();
  }
}

// --- internal ---

/** Maximum size of a decoded piece in bytes. It is equal to the maximum size of a piece of a body without encoding. */
const decodedPieceBytes = 32 * 1024;

/**
 * Lets a reader wait for the next event. If an event has already occurred since the last wait, the reader does not
 * wait.
 */
class Progress {
  #event = Promise.withResolvers<void>();
  #failure: AsrError | null = null;

  note(): void {
    this.#event.resolve();
  }

  fail(reason: AsrError): void {
    this.#failure = reason;
    this.note();
  }

  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  async next(): Promise<void> {
    await this.#event.promise;
    this.#event = Promise.withResolvers();
  }
}

function notGzip(cause: Error): AsrError {
  const message =
    "Cannot decode the body: it is damaged or incomplete, expected gzip data as its Content-Encoding header says";
  return new AsrError("invalid_request", message, { cause });
}

/** Writes the audio of a request body to disk while the body arrives. */
import { AsrError } from "../../errors.ts";
import type { SpoolFile } from "../../spool/spool.ts";
import { gunzipped, isGzipped } from "./content-encoding.ts";
import { piecesOf } from "./body-pieces.ts";
import { UploadClock, type UploadLimits } from "./upload-clock.ts";

export interface UploadOptions {
  /** File that receives the audio. */
  readonly file: SpoolFile;
  /** Bytes to write to the file before the audio. */
  readonly header?: Uint8Array | undefined;
  readonly fileBytesMax: number;
  readonly uploadLimits: UploadLimits;
  /** Counts the received bytes of the body. */
  readonly arrival: { readonly bytes: number; add(bytes: number): void };
  /**
   * When this signal is aborted, the server stops reading the body. The abort reason is the AsrError for the response.
   */
  readonly signal: AbortSignal;
}

export interface BodyReader {
  /** Its signal stops reading the body. */
  readonly failure: AbortController;
  /** Converts an error of the connection to the AsrError for the response. */
  readonly toError: (error: unknown) => AsrError;
  /** Yields the audio in the pieces of the body. Throws AsrError. */
  readonly audioIn: (
    pieces: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ) => AsyncIterable<Uint8Array>;
}

/** Reads the body. Returns the SHA-256 hash of the written file in hexadecimal digits. Throws AsrError. */
export async function writeAudio(
  request: Request,
  body: ReadableStream<Uint8Array>,
  options: UploadOptions,
  { failure, toError, audioIn }: BodyReader,
): Promise<string> {
  const { arrival, file, fileBytesMax, header, uploadLimits } = options;
  const signal = AbortSignal.any([failure.signal, options.signal]);
  using clock = new UploadClock(uploadLimits, arrival, (reason) => failure.abort(reason));
  const sent = piecesOf(body, { clock, arrival, signal, toError });
  const pieces = isGzipped(request) ? gunzipped(withinLimit(sent, fileBytesMax)) : sent;
  return await file.write(withHeader(header, audioIn(pieces, signal)), signal);
}

/** Maximum size in bytes of all form data except the file: fields, boundaries, headers of parts and skipped parts. */
export const formBytesMax = 1024 * 1024;

export function fileTooLarge(bytesMax: number): AsrError {
  return new AsrError(
    "file_too_large",
    `The file is too large: this server accepts at most ${bytesMax} bytes; ` +
      "the operator can raise OPEN_ASR_SERVER_MAX_UPLOAD_BYTES",
    { param: "file" },
  );
}

// --- internal ---

async function* withHeader(
  header: Uint8Array | undefined,
  audio: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (header !== undefined) yield header;
  yield* audio;
}

/**
 * Yields the pieces of a compressed body, and limits their total size to the size of the largest allowed form. Without
 * this limit the body could be endless, because empty compressed blocks decode to no bytes.
 */
async function* withinLimit(
  pieces: AsyncIterable<Uint8Array>,
  fileBytesMax: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > fileBytesMax + formBytesMax) throw fileTooLarge(fileBytesMax);
    yield piece;
  }
}

/**
 * Reads a multipart form while it arrives. Calls `onField` for each field and writes the file to disk. The whole form
 * is never in memory.
 */
import { abortError } from "../../platform/abort.ts";
import { AsrError } from "../../errors.ts";
import type { SpoolFile } from "../../spool/spool.ts";
import { gunzipped, isGzipped } from "./content-encoding.ts";
import { piecesOf } from "./body-pieces.ts";
import { FormParser, incompleteForm, noFile } from "./form-parser.ts";
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

export interface MultipartOptions extends UploadOptions {
  /** Name of the form part that contains the audio. */
  readonly part: string;
  /**
   * Called with each field of the form, in order of arrival. When it throws an error, reading the form fails with this
   * error.
   */
  readonly onField: (name: string, value: string) => void;
}

/**
 * Returns an upper bound of the file's size in bytes, from the Content-Length header. Returns 0 when the size is
 * unknown, because the header is missing or the body is compressed. Throws AsrError: `file_too_large` when
 * Content-Length is above the limit, `unsupported_encoding` when the body has an encoding other than gzip.
 */
export function announcedBytes(request: Request, fileBytesMax: number): number {
  const isCompressed = isGzipped(request);
  const bytes = Number(request.headers.get("content-length") ?? 0);
  if (bytes > fileBytesMax + formBytesMax) throw fileTooLarge(fileBytesMax);
  return Number.isSafeInteger(bytes) && !isCompressed ? Math.min(bytes, fileBytesMax) : 0;
}

/** Reads the form. Returns the SHA-256 hash of the file in hexadecimal digits. */
export async function readMultipart(request: Request, options: MultipartOptions): Promise<string> {
  const { arrival, fileBytesMax, onField, part, uploadLimits } = options;
  const failure = new AbortController();
  const onFailure = (reason: AsrError): void => failure.abort(reason);
  const signal = AbortSignal.any([failure.signal, options.signal]);
  const contentType = request.headers.get("content-type") ?? "";
  using parser = new FormParser({ contentType, part, onField, onFailure });
  if (request.body === null) throw noFile(part);
  using clock = new UploadClock(uploadLimits, arrival, onFailure);
  const sent = piecesOf(request.body, { clock, arrival, signal, toError: incompleteForm });
  const pieces = isGzipped(request) ? gunzipped(withinLimit(sent, fileBytesMax)) : sent;
  const { header } = options;
  const bytes = fileBytesOf(pieces, { parser, header, fileBytesMax, signal });
  return await options.file.write(bytes, signal);
}

/**
 * Yields the pieces of a compressed body, and limits their total size to the size of the largest allowed form. Without
 * this limit the body could be endless, because empty compressed blocks decode to no bytes.
 */
export async function* withinLimit(
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

export function fileTooLarge(bytesMax: number): AsrError {
  return new AsrError(
    "file_too_large",
    `The file is too large: this server accepts at most ${bytesMax} bytes; ` +
      "the operator can raise OPEN_ASR_SERVER_MAX_UPLOAD_BYTES",
    { param: "file" },
  );
}

// --- internal ---

/** Maximum size in bytes of all form data except the file: fields, boundaries, headers of parts and skipped parts. */
const formBytesMax = 1024 * 1024;

interface ReadOptions {
  readonly parser: FormParser;
  readonly header: Uint8Array | undefined;
  readonly fileBytesMax: number;
  readonly signal: AbortSignal;
}

/**
 * Parses each piece of the body and yields the bytes of the file in it. The next piece is read only after the caller
 * has written these bytes.
 */
async function* fileBytesOf(
  pieces: AsyncIterable<Uint8Array>,
  { parser, header, fileBytesMax, signal }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  if (header !== undefined) yield header;
  let formBytes = 0;
  let fileBytes = 0;
  for await (const piece of pieces) {
    await parser.parse(piece, signal);
    if (signal.aborted) throw abortError(signal);
    formBytes += piece.byteLength;
    for (const bytes of parser.takeFile()) {
      formBytes -= bytes.byteLength;
      fileBytes += bytes.byteLength;
      if (fileBytes > fileBytesMax) throw fileTooLarge(fileBytesMax);
      yield bytes;
    }
    if (formBytes > formBytesMax) throw formTooLarge();
  }
  await parser.end(signal);
}

function formTooLarge(): AsrError {
  const message = `The form is too large: all data except the file may have at most ${formBytesMax} bytes`;
  return new AsrError("invalid_request", message);
}

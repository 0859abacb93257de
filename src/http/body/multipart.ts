/**
 * Reads a multipart form while it arrives. Calls `onField` for each field and writes the file to disk. The whole form
 * is never in memory.
 */
import { abortError } from "../../platform/abort.ts";
import { AsrError } from "../../errors.ts";
import { isGzipped } from "./content-encoding.ts";
import { incompleteForm, noFile } from "./form-failures.ts";
import type { FormParser } from "./form-parser.ts";
import { fileTooLarge, formBytesMax, type UploadOptions, writeAudio } from "./received-audio.ts";

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
  const { fileBytesMax, onField, part } = options;
  const failure = new AbortController();
  const onFailure = (reason: AsrError): void => failure.abort(reason);
  const contentType = request.headers.get("content-type") ?? "";
  // The parser is loaded with the first form, because it needs all streams of Node, which take 2 MB.
  const { FormParser } = await import("./form-parser.ts");
  using parser = new FormParser({ contentType, part, onField, onFailure });
  if (request.body === null) throw noFile(part);
  return await writeAudio(request, request.body, options, {
    failure,
    toError: incompleteForm,
    audioIn: (pieces, signal) => fileBytesOf(pieces, { parser, fileBytesMax, signal }),
  });
}

// --- internal ---

interface ReadOptions {
  readonly parser: FormParser;
  readonly fileBytesMax: number;
  readonly signal: AbortSignal;
}

/**
 * Parses each piece of the body and yields the bytes of the file in it. The next piece is read only after the caller
 * has written these bytes.
 */
async function* fileBytesOf(
  pieces: AsyncIterable<Uint8Array>,
  { parser, fileBytesMax, signal }: ReadOptions,
): AsyncGenerator<Uint8Array> {
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

/** Reads a request body that contains only the audio, and writes it to disk while it arrives. */
import { AsrError } from "../../errors.ts";
import { piecesOf } from "./body-pieces.ts";
import { gunzipped, isGzipped } from "./content-encoding.ts";
import { fileTooLarge, type UploadOptions, withinLimit } from "./multipart.ts";
import { UploadClock } from "./upload-clock.ts";

/** Reads the body. Returns the SHA-256 hash of the written file in hexadecimal digits. Throws AsrError. */
export async function readRawAudio(request: Request, options: UploadOptions): Promise<string> {
  const { arrival, fileBytesMax, uploadLimits } = options;
  if (request.body === null) throw noAudio();
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, options.signal]);
  using clock = new UploadClock(uploadLimits, arrival, (reason) => failure.abort(reason));
  const sent = piecesOf(request.body, { clock, arrival, signal, toError: incompleteBody });
  const pieces = isGzipped(request) ? gunzipped(withinLimit(sent, fileBytesMax)) : sent;
  return await options.file.write(audioBytesOf(pieces, options), signal);
}

// --- internal ---

/** Yields the header, if there is one, and the bytes of the body. */
async function* audioBytesOf(
  pieces: AsyncIterable<Uint8Array>,
  { header, fileBytesMax }: UploadOptions,
): AsyncGenerator<Uint8Array> {
  if (header !== undefined) yield header;
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > fileBytesMax) throw fileTooLarge(fileBytesMax);
    yield piece;
  }
  if (bytes === 0) throw noAudio();
}

function noAudio(): AsrError {
  return new AsrError("invalid_audio", "The body is empty: send the audio as the body");
}

function incompleteBody(error: unknown): AsrError {
  if (error instanceof AsrError) return error;
  return new AsrError("invalid_request", "Cannot read the body: it is incomplete", {
    cause: error,
  });
}

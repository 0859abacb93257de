/** Reads a request body that contains only the audio, and writes it to disk while it arrives. */
import { AsrError } from "../../errors.ts";
import { fileTooLarge, type UploadOptions, writeAudio } from "./received-audio.ts";

/** Reads the body. Returns the SHA-256 hash of the written file in hexadecimal digits. Throws AsrError. */
export async function readRawAudio(request: Request, options: UploadOptions): Promise<string> {
  if (request.body === null) throw noAudio();
  return await writeAudio(request, request.body, options, {
    failure: new AbortController(),
    toError: incompleteBody,
    audioIn: (pieces) => checkedAudio(pieces, options.fileBytesMax),
  });
}

// --- internal ---

async function* checkedAudio(
  pieces: AsyncIterable<Uint8Array>,
  fileBytesMax: number,
): AsyncGenerator<Uint8Array> {
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

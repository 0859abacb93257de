/** Reads a request body in pieces. Each piece is completely processed before the next piece is read. */
import { unlessAborted } from "../../platform/abort.ts";
import type { AsrError } from "../../errors.ts";
import type { UploadClock } from "./upload-clock.ts";

export interface BodyOptions {
  readonly clock: UploadClock;
  readonly arrival: { add(bytes: number): void };
  readonly signal: AbortSignal;
  /** Converts a connection failure to the error for the client. */
  readonly toError: (cause: unknown) => AsrError;
}

/**
 * Maximum size of a piece in bytes. It must be below 64 KiB, because the streams of the form parser buffer 64 KiB
 * before they wait for a reader.
 */
const pieceBytesMax = 32 * 1024;
/**
 * A read of fewer bytes than this counts as a small read. Small reads are inefficient, because one read takes as much
 * time as parsing several kilobytes.
 */
const smallBytes = 4 * 1024;
/**
 * Number of small reads without a pause. After this number, the reader pauses after each small read. A short form needs
 * fewer small reads.
 */
const smallReadsMax = 256;
const pauseMs = 20;

export async function* piecesOf(
  body: ReadableStream<Uint8Array>,
  { clock, arrival, signal, toError }: BodyOptions,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let smallReads = 0;
  try {
    for (;;) {
      const reading = reader.read().catch((error: unknown) => {
        throw toError(error);
      });
      const { done, value } = await clock.awaiting(unlessAborted(reading, signal));
      if (done) return;
      const { byteLength } = value;
      arrival.add(byteLength);
      for (let at = 0; at < byteLength; at += pieceBytesMax) {
        yield value.subarray(at, at + pieceBytesMax);
      }
      await free(value);
      // During the pause, Bun joins the small pieces that arrive into one piece.
      if (byteLength < smallBytes && ++smallReads > smallReadsMax) await Bun.sleep(pauseMs);
    }
  } finally {
    // Cancels the body, so that the client can detect that the server no longer reads the body.
    void reader.cancel().catch(() => undefined);
  }
}

// --- internal ---

/**
 * Frees the memory of a piece immediately. The garbage collector would free it too late, and the pieces of many uploads
 * would fill the memory.
 */
async function free({ buffer }: Uint8Array): Promise<void> {
  if (!(buffer instanceof ArrayBuffer)) return;
  // If the parser skips a part of the form, it reads the bytes of this part only in the next tick. Therefore the memory
  // must not be freed before the next tick.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  buffer.transfer(0);
}

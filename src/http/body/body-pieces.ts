/** Reads a request body piece by piece. Each piece is fully processed before the next one is read. */
import { unlessAborted } from "../../platform/abort.ts";
import type { AsrError } from "../../errors.ts";
import type { UploadClock } from "./upload-clock.ts";

export interface BodyOptions {
  readonly clock: UploadClock;
  readonly arrival: { add(bytes: number): void };
  readonly signal: AbortSignal;
  /** Converts a connection failure into the error for the client. */
  readonly toError: (cause: unknown) => AsrError;
}

/** Must be below 64 KiB: the form parser's streams buffer 64 KiB before they wait for a reader. */
const pieceBytesMax = 32 * 1024;
/** A read of fewer bytes than this counts as small. One read takes as much time as parsing several kilobytes. */
const smallBytes = 4 * 1024;
/** After this many small reads, the reader pauses after each further one. A short form needs fewer small reads. */
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
      // During the pause, Bun joins the next small pieces into one.
      if (byteLength < smallBytes && ++smallReads > smallReadsMax) await Bun.sleep(pauseMs);
    }
  } finally {
    // Tells the client that the server no longer reads the body.
    void reader.cancel().catch(() => undefined);
  }
}

// --- internal ---

/** Frees a piece at once. The garbage collector is too slow: the pieces of many uploads would fill the memory. */
async function free({ buffer }: Uint8Array): Promise<void> {
  if (!(buffer instanceof ArrayBuffer)) return;
  // The parser reads skipped parts in the next tick, so the piece must live until then.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  buffer.transfer(0);
}

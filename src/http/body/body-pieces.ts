/** The body of a request, piece by piece as it comes; each piece is done with before the next one is read. */
import { unlessAborted } from "../../platform/abort.ts";
import type { AsrError } from "../../errors.ts";
import type { UploadClock } from "./upload-clock.ts";

export interface BodyOptions {
  readonly clock: UploadClock;
  readonly arrival: { add(bytes: number): void };
  readonly signal: AbortSignal;
  /** The error of a connection that failed. */
  readonly toError: (cause: unknown) => AsrError;
}

/** Far below the 64 KiB that a stream of the form's parser buffers before it waits for a reader. */
const pieceBytesMax = 32 * 1024;
/** A read costs as much time as parsing several kilobytes. */
const smallBytes = 4 * 1024;
/** Small reads that cost no pause: more than a short form sent in a few packets needs. */
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
      await giveBack(value);
      // Meanwhile the next small pieces are joined where they arrive.
      if (byteLength < smallBytes && ++smallReads > smallReadsMax) await Bun.sleep(pauseMs);
    }
  } finally {
    // The client must learn that its body is not read any further.
    void reader.cancel().catch(() => undefined);
  }
}

// --- internal ---

/** Left to the garbage collector, the pieces of many uploads would take more memory than everything that is in use. */
async function giveBack({ buffer }: Uint8Array): Promise<void> {
  if (!(buffer instanceof ArrayBuffer)) return;
  // The parser reads the parts that it skips in the next tick.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  buffer.transfer(0);
}

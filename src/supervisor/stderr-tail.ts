/** Stores the last part of the standard error output of a child process. */

const bytesKept = 8 * 1024;

export interface Tail {
  /** Returns the last 8 KiB of the output so far. */
  readonly text: () => string;
  /** Resolves at the end of the stream. */
  readonly ended: Promise<void>;
}

/** Reads the stream in the background and keeps its last 8 KiB. */
export function keepTail(stream: ReadableStream<Uint8Array>): Tail {
  let tail = Buffer.alloc(0);
  const ended = (async () => {
    for await (const bytes of stream) tail = Buffer.concat([tail, bytes]).subarray(-bytesKept);
  })();
  return { text: () => tail.toString("utf8").trim(), ended };
}

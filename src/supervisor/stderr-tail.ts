/** Keeps the last part of the standard error output of a child process. */

const bytesKept = 8 * 1024;

/** Reads the stream in the background. The returned function returns the last 8 KiB that were read. */
export function keepTail(stream: ReadableStream<Uint8Array>): () => string {
  let tail = Buffer.alloc(0);
  void (async () => {
    for await (const bytes of stream) tail = Buffer.concat([tail, bytes]).subarray(-bytesKept);
  })();
  return () => tail.toString("utf8").trim();
}

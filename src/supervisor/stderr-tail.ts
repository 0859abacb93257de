/** The end of the standard error of a child process. */

const bytesKept = 8 * 1024;

/** Reads the stream to its end and returns a function that gives its last 8 KiB. */
export function keepTail(stream: ReadableStream<Uint8Array>): () => string {
  let tail = Buffer.alloc(0);
  void (async () => {
    for await (const bytes of stream) tail = Buffer.concat([tail, bytes]).subarray(-bytesKept);
  })();
  return () => tail.toString("utf8").trim();
}

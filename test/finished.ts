/** Waits for the end of a process. */

interface PipedProcess {
  readonly stdout: ReadableStream<Uint8Array> & { text(): Promise<string> };
  readonly stderr: ReadableStream<Uint8Array> & { text(): Promise<string> };
  readonly exited: Promise<number>;
}

/** Returns everything that the process wrote, and its exit code. */
export async function finished(child: PipedProcess) {
  const [stdout, stderr, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout, stderr, code };
}

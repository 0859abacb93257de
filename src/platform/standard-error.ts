/**
 * Writes to standard error. Its stream is created with the first use, because it needs 1.5 MB and 4 ms, and a server that
 * is idle writes nothing. The program must continue when the reader of standard error has exited, so errors are ignored.
 */
export const standardError = {
  get isTTY(): boolean {
    return stream().isTTY;
  },

  /** Width of the terminal in columns. 0 if standard error is not a terminal. */
  get columns(): number {
    return stream().columns ?? 0;
  },

  /** Calls `onWritten` when the text is written, or cannot be written. */
  write(text: string, onWritten?: () => void): boolean {
    return stream().write(text, onWritten);
  },
};

// --- internal ---

let isGuarded = false;

function stream(): NodeJS.WriteStream & { fd: 2 } {
  if (!isGuarded) process.stderr.on("error", () => {});
  isGuarded = true;
  return process.stderr;
}

/**
 * Returns whether a write failed because the reader of the pipe has closed it, as `head` does. The command must then
 * end without an error message.
 */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

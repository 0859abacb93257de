/** Whether the reader of our output closed the pipe, as `head` does: the end of a run, not a failure. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

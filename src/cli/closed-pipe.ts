/** Whether the reader of the output closed the pipe, as `head` does. The command then ends without an error. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

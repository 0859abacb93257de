/**
 * Returns whether `error` means that the program which reads the pipe has closed it, for example `head`. The command
 * must then end without an error message.
 */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

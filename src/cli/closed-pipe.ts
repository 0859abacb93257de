/** Tells the end of a run whose reader has seen enough, as `head` has, from a failure. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

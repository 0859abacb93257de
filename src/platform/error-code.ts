/** Reads the code of an error of the system or of a library. */

/** Returns the code of an error, for example "ENOENT". Returns an empty text if the error has no code. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

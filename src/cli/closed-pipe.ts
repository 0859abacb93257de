/**
 * Recognizes the error that the reader of a pipe, for example `head`, has closed the pipe. The command must then end
 * without an error message.
 */
import { errorCode } from "../platform/error-code.ts";
export function isClosedPipe(error: unknown): boolean {
  return errorCode(error) === "EPIPE";
}

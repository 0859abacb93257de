/**
 * Recognizes the error that occurs when a command writes to a pipe and the reader of the pipe, for example `head`, has
 * closed it. The command must then end without an error message.
 */
import { errorCode } from "../platform/error-code.ts";
export function isClosedPipe(error: unknown): boolean {
  return errorCode(error) === "EPIPE";
}

/**
 * Returns whether `error` means that the program which reads the pipe has closed it, for example `head`. The command
 * must then end without an error message.
 */
import { errorCode } from "../platform/error-code.ts";
export function isClosedPipe(error: unknown): boolean {
  return errorCode(error) === "EPIPE";
}

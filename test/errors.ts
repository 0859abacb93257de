/** Returns the AsrError that a call throws. */
import { AsrError } from "../src/errors.ts";

export function errorOf(call: () => unknown): AsrError {
  try {
    call();
  } catch (error) {
    if (error instanceof AsrError) return error;
    throw error;
  }
  throw new Error("Expected an AsrError, but the call succeeded");
}

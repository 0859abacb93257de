/** The error that a call throws, as a value that a test can look into. */
import { AsrError } from "../src/errors.ts";

export function errorOf(call: () => unknown): AsrError {
  try {
    call();
  } catch (error) {
    if (error instanceof AsrError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** The error of an import. The message says what is wrong with the files. */
import { AsrError } from "../../errors.ts";

export function importFailed(reason: string, cause?: unknown): AsrError {
  return new AsrError("invalid_request", `Cannot import the model: ${reason}`, { cause });
}

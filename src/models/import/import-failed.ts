/** Creates the error for a failed import. `reason` describes the problem with the imported files. */
import { AsrError } from "../../errors.ts";

export function importFailed(reason: string, cause?: unknown): AsrError {
  return new AsrError("invalid_request", `Cannot import the model: ${reason}`, { cause });
}

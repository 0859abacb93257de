/** Error when a result is complete but cannot be written. */
import { fileProblem } from "./file-problems.ts";

export class WriteError extends Error {
  override readonly name = "WriteError";

  /** `output`: the words after "Cannot write", for example `to standard output`. */
  constructor(output: string, cause: unknown) {
    super(`Cannot write ${output}: ${fileProblem(cause)}`, { cause });
  }
}

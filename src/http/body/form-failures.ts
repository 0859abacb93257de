/** Creates the errors of a form that cannot be read. */
import { AsrError } from "../../errors.ts";

export function noFile(part: string): AsrError {
  const message = `The request contains no audio file: send it in the form part named \`${part}\``;
  return new AsrError("invalid_request", message, { param: part });
}

/** Converts an error of the parser or the connection to an error for the client. */
export function incompleteForm(error: unknown): AsrError {
  if (error instanceof AsrError) return error;
  const message = "Cannot read the form: the body is incomplete or not multipart/form-data";
  return new AsrError("invalid_request", message, { cause: error });
}

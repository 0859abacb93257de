/** Converts errors to messages between threads and processes, and converts these messages back to errors. */
import { AsrError, type ErrorCode, errorKinds } from "../errors.ts";
import type { Failure } from "./protocol.ts";

export function toFailure(error: unknown): Failure {
  if (!(error instanceof AsrError)) {
    const general = "Internal error in the model's process; see the server log for details";
    return {
      code: "internal_error",
      message: general,
      param: null,
      operatorMessage: String(error),
    };
  }
  const { code, message, param, operatorMessage } = error;
  return { code, message, param, ...(operatorMessage === message ? {} : { operatorMessage }) };
}

export function fromFailure({ code, message, param, operatorMessage }: Failure): AsrError {
  const known = Object.hasOwn(errorKinds, code) ? (code as ErrorCode) : "internal_error";
  return new AsrError(known, message, { param, operatorMessage: operatorMessage ?? message });
}

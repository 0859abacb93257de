/** Failures as they cross threads and processes. */
import { AsrError, type ErrorCode, errorKinds } from "../errors.ts";
import type { Failure } from "./protocol.ts";

export function toFailure(error: unknown): Failure {
  if (!(error instanceof AsrError)) {
    const words =
      "The process of the model failed in a way it did not foresee; the log has the details";
    return { code: "internal_error", message: words, param: null, operatorMessage: String(error) };
  }
  const { code, message, param, operatorMessage } = error;
  return { code, message, param, ...(operatorMessage === message ? {} : { operatorMessage }) };
}

export function fromFailure({ code, message, param, operatorMessage }: Failure): AsrError {
  const known = Object.hasOwn(errorKinds, code) ? (code as ErrorCode) : "internal_error";
  return new AsrError(known, message, { param, operatorMessage: operatorMessage ?? message });
}

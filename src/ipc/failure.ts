/** Failures as they cross threads and processes. */
import { AsrError, type ErrorCode, errorKinds } from "../errors.ts";
import type { Failure } from "./protocol.ts";

export function toFailure(error: unknown): Failure {
  if (error instanceof AsrError) {
    return { code: error.code, message: error.message, param: error.param };
  }
  return { code: "internal_error", message: String(error), param: null };
}

export function fromFailure({ code, message, param }: Failure): AsrError {
  const known = Object.hasOwn(errorKinds, code) ? (code as ErrorCode) : "internal_error";
  return new AsrError(known, message, { param });
}

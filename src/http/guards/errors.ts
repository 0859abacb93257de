/**
 * Returns the handler that converts every thrown error to a response. The response has the format of the API to which
 * the request belongs, and the retry headers that OpenAI's clients read.
 */
import type { ErrorHandler } from "elysia";
import { AsrError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { isOutOfFiles } from "../../platform/open-files.ts";
import type { CompatibleApis } from "../compatible/index.ts";
import { recordOf } from "./request-log.ts";
import { unknownRouteError } from "./unknown-route.ts";
import type { ErrorEnvelope } from "../schema.ts";

export function answerErrors(log: Log, apis: CompatibleApis): ErrorHandler {
  return ({ error, code, request, set }): object => {
    const failure = recordError(error, { request, log, code });
    const api = apis.of(request);
    const { status, body } = api?.errorAnswer(failure, {
      requestId: recordOf(request).id,
      url: request.url,
    }) ?? {
      status: failure.kind.status,
      body: envelopeOf(failure),
    };
    set.status = status;
    set.headers["x-should-retry"] = String(failure.kind.retry);
    if (failure.retryAfterS !== null) {
      set.headers["retry-after"] = String(Math.ceil(failure.retryAfterS));
    }
    if (status === 401) set.headers["www-authenticate"] = api?.key?.challenge ?? "Bearer";
    if (status === 415) set.headers["accept-encoding"] = "gzip";
    return body;
  };
}

/**
 * Records the error for the log line of its request, and logs it if it is a fault of the server. Returns the error for
 * the client.
 */
export function recordError(error: unknown, { request, log, code }: ErrorContext): AsrError {
  const failure = toAsrError(original(error), code, request);
  const record = recordOf(request);
  record.error = failure.code;
  if (failure.kind.status >= 500 && !failure.kind.retry && !logged.has(failure)) {
    logged.add(failure);
    // Only the log contains the stack trace. The client receives only the message.
    const cause = failure.cause instanceof Error ? failure.cause.stack : undefined;
    log.error(failure.operatorMessage, { id: record.id, cause });
  }
  return failure;
}

export function envelopeOf({ message, kind, param, code }: AsrError): ErrorEnvelope {
  return { error: { message, type: kind.type, param, code } };
}

/**
 * Returns the handler for errors that no other handler caught. Without this handler, Bun would print source code to the
 * log and send an HTML page.
 */
export function answerUncaught(log: Log): (error: Error) => Response {
  return (error) => {
    const failure = unexpectedError(error);
    log.error(failure.message, { cause: error.stack });
    const { status, retry } = failure.kind;
    return Response.json(envelopeOf(failure), {
      status,
      headers: { "x-should-retry": String(retry) },
    });
  };
}

/** Creates the error for an unexpected failure inside the server. */
export function unexpectedError(cause: unknown): AsrError {
  const message = "An unexpected error occurred in the server; the server log has the details";
  return new AsrError("internal_error", message, { cause });
}

// --- internal ---

interface ErrorContext {
  readonly request: Request;
  readonly log: Log;
  /** Code that Elysia assigned to the error. Undefined when Elysia did not catch the error. */
  readonly code?: number | string;
}

/**
 * Returns the error that occurred first. When the cleanup after an error also fails, JavaScript throws a
 * SuppressedError that contains both errors.
 */
function original(error: unknown): unknown {
  return error instanceof SuppressedError ? original(error.suppressed) : error;
}

/**
 * Errors that are already in the log. Several requests can fail with the same error object, for example while a model
 * cannot be loaded.
 */
const logged = new WeakSet<AsrError>();

function toAsrError(error: unknown, code: number | string | undefined, request: Request): AsrError {
  if (request.signal.aborted) {
    return new AsrError("client_closed_request", "The client closed the connection");
  }
  if (isOutOfFiles(error)) return outOfFiles(error);
  if (error instanceof AsrError) return error;
  if (code === "NOT_FOUND") return unknownRouteError(request);
  return unexpectedError(error);
}

/**
 * Creates the error for a lack of file descriptors. The client may retry, because other requests free their file
 * descriptors when they end.
 */
function outOfFiles(cause: unknown): AsrError {
  const message = `The server is out of file descriptors; retry in ${outOfFilesWaitS} s`;
  return new AsrError("server_busy", message, { retryAfterS: outOfFilesWaitS, cause });
}

const outOfFilesWaitS = 2;

/** Converts every thrown error into OpenAI's error envelope, with the retry headers that OpenAI's clients read. */
import { Elysia, type ErrorHandler } from "elysia";
import { AsrError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { isOutOfFiles } from "../../platform/open-files.ts";
import { recordOf } from "./request-log.ts";
import type { ErrorEnvelope } from "../schema.ts";

export function answerErrors(log: Log): ErrorHandler {
  return ({ error, code, request, set }): ErrorEnvelope => {
    const failure = toAsrError(original(error), code, request);
    const record = recordOf(request);
    record.error = failure.code;
    if (failure.kind.status >= 500 && !failure.kind.retry && !logged.has(failure)) {
      logged.add(failure);
      // The log gets the stack; the client gets only the message.
      const cause = failure.cause instanceof Error ? failure.cause.stack : undefined;
      log.error(failure.operatorMessage, { id: record.id, cause });
    }
    set.status = failure.kind.status;
    set.headers["x-should-retry"] = String(failure.kind.retry);
    if (failure.retryAfterS !== null) {
      set.headers["retry-after"] = String(Math.ceil(failure.retryAfterS));
    }
    if (failure.kind.status === 401) set.headers["www-authenticate"] = "Bearer";
    if (failure.kind.status === 415) set.headers["accept-encoding"] = "gzip";
    return envelopeOf(failure);
  };
}

/** Answers errors that no handler caught. Otherwise Bun prints source code to the log and sends an HTML page. */
export function answerUncaught(log: Log): (error: Error) => Response {
  return (error) => {
    const failure = unforeseen(error);
    log.error(failure.message, { cause: error.stack });
    const { status, retry } = failure.kind;
    return Response.json(envelopeOf(failure), {
      status,
      headers: { "x-should-retry": String(retry) },
    });
  };
}

/** The error for an unexpected failure inside the server. */
export function unforeseen(cause: unknown): AsrError {
  const words = "An unexpected error occurred in the server; the server log has the details";
  return new AsrError("internal_error", words, { cause });
}

/** Rejects all other methods on a path. Add it last: `.all(path, onlyMethod("GET"))`. */
export function onlyMethod(allowed: "GET" | "POST") {
  return ({ request, set }: { request: Request; set: { headers: Record<string, unknown> } }) => {
    set.headers["allow"] = allowed;
    const words = `Cannot ${request.method} ${pathOf(request)}: this path accepts only ${allowed}`;
    throw new AsrError("method_not_allowed", words);
  };
}

/** Answers all unknown paths with 404. It is a route, so the API key is checked first. */
export function unknownRoute() {
  return new Elysia({ name: "unknown-route" }).all("/*", ({ request }) => {
    throw unknownRouteError(request);
  });
}

// --- internal ---

/** The original error. When the cleanup after an error fails too, JavaScript throws a SuppressedError that holds both. */
function original(error: unknown): unknown {
  return error instanceof SuppressedError ? original(error.suppressed) : error;
}

/** Errors that are already logged. Several requests can fail with the same error, for example while a model cannot be loaded. */
const logged = new WeakSet<AsrError>();

function toAsrError(error: unknown, code: number | string, request: Request): AsrError {
  if (request.signal.aborted) {
    return new AsrError("client_closed_request", "The client closed the connection");
  }
  if (isOutOfFiles(error)) return outOfFiles(error);
  if (error instanceof AsrError) return error;
  if (code === "NOT_FOUND") return unknownRouteError(request);
  return unforeseen(error);
}

/** The client may retry, because other requests free their file descriptors when they end. */
function outOfFiles(cause: unknown): AsrError {
  const words = `The server is out of file descriptors; retry in ${outOfFilesWaitS} s`;
  return new AsrError("server_busy", words, { retryAfterS: outOfFilesWaitS, cause });
}

const outOfFilesWaitS = 2;

function envelopeOf({ message, kind, param, code }: AsrError): ErrorEnvelope {
  return { error: { message, type: kind.type, param, code } };
}

function unknownRouteError(request: Request): AsrError {
  const words = `Unknown route ${request.method} ${pathOf(request)}; GET /openapi.json lists all routes`;
  return new AsrError("unknown_route", words);
}

/** The path, shortened: a URL may have thousands of characters. */
function pathOf(request: Request): string {
  return new URL(request.url).pathname.slice(0, 200);
}

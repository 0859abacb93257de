/** AsrError, and whatever else is thrown, as OpenAI's error envelope with the headers its clients obey. */
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
      // Where it came from is for the operator; the client gets the words only.
      const cause = failure.cause instanceof Error ? failure.cause.stack : undefined;
      log.error(failure.operatorMessage, { id: record.id, cause });
    }
    set.status = failure.kind.status;
    set.headers["x-should-retry"] = String(failure.kind.retry);
    if (failure.retryAfterS !== null) {
      set.headers["retry-after"] = String(Math.ceil(failure.retryAfterS));
    }
    if (failure.kind.status === 401) set.headers["www-authenticate"] = "Bearer";
    return envelopeOf(failure);
  };
}

/** Answers what escapes every handler, so that neither the client nor the log gets a page of source text. */
export function answerUnforeseen(log: Log): (error: Error) => Response {
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

/** A failure that is nobody's fault but the server's. */
export function unforeseen(cause: unknown): AsrError {
  const words = "The server failed in a way it did not foresee; its log has the details";
  return new AsrError("internal_error", words, { cause });
}

/** Handler of every other method on a path: `.all(path, onlyMethod("GET"))` after its own. */
export function onlyMethod(allowed: "GET" | "POST") {
  return ({ request, set }: { request: Request; set: { headers: Record<string, unknown> } }) => {
    set.headers["allow"] = allowed;
    const words = `Cannot ${request.method} ${pathOf(request)}: this path takes ${allowed}`;
    throw new AsrError("method_not_allowed", words);
  };
}

/** Every path that no other route takes. It is a route so that keys are asked for before it answers. */
export function unknownRoute() {
  return new Elysia({ name: "unknown-route" }).all("/*", ({ request }) => {
    throw unknownRouteError(request);
  });
}

// --- internal ---

/** The reason of a failure, where cleaning up after it failed as well. */
function original(error: unknown): unknown {
  return error instanceof SuppressedError ? original(error.suppressed) : error;
}

/** Several requests may get the same error, as of a model that cannot be loaded: it is logged once. */
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

/** Descriptors come free as soon as other requests end. */
function outOfFiles(cause: unknown): AsrError {
  const words = `The server is out of file descriptors; retry in ${outOfFilesWaitS} s`;
  return new AsrError("server_busy", words, { retryAfterS: outOfFilesWaitS, cause });
}

const outOfFilesWaitS = 2;

function envelopeOf({ message, kind, param, code }: AsrError): ErrorEnvelope {
  return { error: { message, type: kind.type, param, code } };
}

function unknownRouteError(request: Request): AsrError {
  const words = `There is no ${request.method} ${pathOf(request)}; GET /openapi.json lists what there is`;
  return new AsrError("unknown_route", words);
}

/** Cut to what a person reads; a URL may have thousands of characters. */
function pathOf(request: Request): string {
  return new URL(request.url).pathname.slice(0, 200);
}

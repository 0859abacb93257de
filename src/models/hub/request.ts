/** Sends GET requests to the hub: follows redirects, sends the access token, and limits the time without data. */
import { AsrError } from "../../errors.ts";
import type { Hub } from "./hub.ts";
import { TransientError } from "./retry.ts";
import { withoutPassword } from "./shown-url.ts";

interface HubRequest {
  /** Path and query of the URL. It starts with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Description of the requested file or list, for error messages. */
  readonly subject: string;
  readonly signal: AbortSignal;
}

/** A response with status 2xx or 416. Read its body only with `read`, which limits the time without data. */
export interface HubResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Yields the body. Throws TransientError when the connection fails or delivers no data for too long. */
  read(): AsyncGenerator<Uint8Array>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Sends a request and follows redirects to other hosts, which store the large files. Sends the access token only to the
 * origin of the hub.
 *
 * Throws TransientError for a failure that may be temporary. For other failures, throws AsrError `model_not_found`,
 * `model_gated` or `model_download_failed`.
 */
export async function requestHub(hub: Hub, request: HubRequest): Promise<HubResponse> {
  const silence = new SilenceLimit(hub.stallMsMax);
  try {
    return await followRedirects(hub, request, silence);
  } catch (error) {
    silence.stop();
    throw error;
  }
}

export function downloadFailed(message: string, cause?: unknown): AsrError {
  return new AsrError("model_download_failed", message, { param: "model", cause });
}

// --- internal ---

/**
 * Headers of every request. The encoding "identity" prevents compression, so that byte ranges and lengths refer to the
 * original file.
 */
const fixedHeaders = { "accept-encoding": "identity", "user-agent": "open-asr-server" };
const redirects = new Set([301, 302, 303, 307, 308]);
const redirectsMax = 8;

async function followRedirects(
  hub: Hub,
  request: HubRequest,
  silence: SilenceLimit,
): Promise<HubResponse> {
  const signal = AbortSignal.any([request.signal, silence.signal]);
  let url = new URL(`${hub.endpoint}${request.path}`);
  const home = url.origin;
  for (let hops = 0; hops <= redirectsMax; hops += 1) {
    const authorization: Record<string, string> =
      hub.token !== null && url.origin === home ? { authorization: `Bearer ${hub.token}` } : {};
    const headers = { ...request.headers, ...fixedHeaders, ...authorization };
    const response = await send(url, { headers, signal });
    const location = redirects.has(response.status) ? response.headers.get("location") : null;
    const isReadable = response.ok || response.status === 416;
    if (location === null && isReadable) return readable(response, silence);
    await response.body?.cancel();
    if (location === null) throw failureOf(response, request.subject, hub);
    url = redirected(url, location, request.subject);
  }
  throw downloadFailed(`Cannot download ${request.subject}: the hub redirects without end`);
}

/** Aborts a request when no data arrived for `msMax` milliseconds. */
class SilenceLimit {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(msMax: number) {
    const silent = () =>
      this.#controller.abort(new TransientError(`no data for ${msMax / 1000} s`));
    this.#timer = setTimeout(silent, msMax);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function send(
  url: URL,
  { headers, signal }: { headers: Record<string, string>; signal: AbortSignal },
): Promise<Response> {
  try {
    return await fetch(url, { headers, signal, redirect: "manual" });
  } catch (error) {
    throw transient(error, url, signal);
  }
}

function readable(response: Response, silence: SilenceLimit): HubResponse {
  const reader = response.body?.getReader();
  return {
    status: response.status,
    headers: response.headers,
    async *read() {
      try {
        for (;;) {
          const { done = true, value } = (await reader?.read()) ?? {};
          if (done || value === undefined) return;
          silence.heard();
          yield value;
        }
      } catch (error) {
        throw transient(error, new URL(response.url), silence.signal);
      } finally {
        silence.stop();
      }
    },
    async [Symbol.asyncDispose]() {
      silence.stop();
      await reader?.cancel().catch(() => undefined);
    },
  };
}

/**
 * Returns the error for a failed `fetch`. If the request was aborted, returns the reason of the abort. Otherwise
 * returns a TransientError, because a network failure may be temporary.
 */
function transient(error: unknown, url: URL, signal: AbortSignal): TransientError {
  const reason: unknown = signal.aborted ? signal.reason : error;
  if (reason instanceof TransientError) return reason;
  const words = reason instanceof Error ? reason.message : String(reason);
  return new TransientError(`${url.host}: ${words}`, { cause: error });
}

function redirected(from: URL, location: string, subject: string): URL {
  const to = URL.parse(location, from.href);
  const isHttp = to?.protocol === "https:" || to?.protocol === "http:";
  if (to === null || !isHttp || (from.protocol === "https:" && to.protocol === "http:")) {
    throw downloadFailed(
      `Cannot download ${subject}: the hub redirects to an address that is not https`,
    );
  }
  return to;
}

/**
 * Returns the error for a response that is not successful. If a repository does not exist, the hub may send status 401
 * instead of 404. The header `x-error-code` then contains "RepoNotFound".
 */
function failureOf({ status, headers }: Response, subject: string, hub: Hub): Error {
  const code = headers.get("x-error-code") ?? "";
  if (status === 429 || status === 408 || status >= 500) {
    const retryAfterS = Number(headers.get("retry-after") ?? "");
    const words = status === 429 ? "the hub limits the rate of requests" : "the hub failed";
    return new TransientError(`${words} (status ${status})`, {
      retryAfterS: Number.isFinite(retryAfterS) ? retryAfterS : null,
    });
  }
  if (status === 404 || code === "RepoNotFound") {
    return new AsrError(
      "model_not_found",
      `Cannot find ${subject} on the hub${status === 404 ? "" : ": it does not exist, or it is private"}`,
      {
        param: "model",
        operatorMessage: `Cannot find ${subject} at ${withoutPassword(hub.endpoint)}: check the name${tokenHint(hub, status)}`,
      },
    );
  }
  if (status === 401 || status === 403) {
    return new AsrError(
      "model_gated",
      `Cannot download ${subject}: its repository is gated or private`,
      {
        param: "model",
        operatorMessage: `Cannot download ${subject}: its repository is gated or private. Accept its conditions on its page at ${withoutPassword(hub.endpoint)}${tokenHint(hub, status)}`,
      },
    );
  }
  return downloadFailed(`Cannot download ${subject}: the hub answered with status ${status}`);
}

function tokenHint({ token }: Hub, status: number): string {
  if (status === 404) return "";
  return token === null
    ? ", and set HF_TOKEN to an access token of your account"
    : ", with the account of your access token (HF_TOKEN)";
}

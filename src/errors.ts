/** Defines all error codes, and AsrError, the class of all errors that have one of these codes. */

interface ErrorKind {
  /** HTTP status of the response. */
  readonly status: number;
  /** Value of `error.type` in a response in OpenAI's format. */
  readonly type: "invalid_request_error" | "rate_limit_error" | "server_error";
  /** Whether the same request may succeed later. Sent in the header `x-should-retry`, which OpenAI's clients obey. */
  readonly retry: boolean;
}

const badRequest = { status: 400, type: "invalid_request_error", retry: false } as const;

export const errorKinds = {
  invalid_request: badRequest,
  unsupported_value: badRequest,
  backend_unavailable: badRequest,
  invalid_audio: badRequest,
  unsupported_audio: badRequest,
  audio_too_short: badRequest,
  audio_too_long: badRequest,
  audio_limit_exceeded: badRequest,
  invalid_api_key: { status: 401, type: "invalid_request_error", retry: false },
  host_not_allowed: { status: 403, type: "invalid_request_error", retry: false },
  origin_not_allowed: { status: 403, type: "invalid_request_error", retry: false },
  admin_not_allowed: { status: 403, type: "invalid_request_error", retry: false },
  model_not_allowed: { status: 403, type: "invalid_request_error", retry: false },
  model_gated: { status: 403, type: "invalid_request_error", retry: false },
  model_not_found: { status: 404, type: "invalid_request_error", retry: false },
  model_not_loaded: { status: 404, type: "invalid_request_error", retry: false },
  unknown_route: { status: 404, type: "invalid_request_error", retry: false },
  method_not_allowed: { status: 405, type: "invalid_request_error", retry: false },
  upload_timeout: { status: 408, type: "invalid_request_error", retry: false },
  model_not_removable: { status: 409, type: "invalid_request_error", retry: false },
  model_in_use: { status: 409, type: "invalid_request_error", retry: false },
  file_too_large: { status: 413, type: "invalid_request_error", retry: false },
  unsupported_encoding: { status: 415, type: "invalid_request_error", retry: false },
  rate_limit_exceeded: { status: 429, type: "rate_limit_error", retry: true },
  client_closed_request: { status: 499, type: "invalid_request_error", retry: false },
  internal_error: { status: 500, type: "server_error", retry: false },
  model_load_failed: { status: 500, type: "server_error", retry: false },
  runner_crashed: { status: 500, type: "server_error", retry: false },
  model_download_failed: { status: 502, type: "server_error", retry: false },
  out_of_memory: { status: 503, type: "server_error", retry: false },
  model_downloading: { status: 503, type: "server_error", retry: true },
  server_busy: { status: 503, type: "server_error", retry: true },
  runner_restarting: { status: 503, type: "server_error", retry: true },
  server_stopping: { status: 503, type: "server_error", retry: true },
  deadline_exceeded: { status: 504, type: "server_error", retry: false },
  storage_full: { status: 507, type: "server_error", retry: false },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export interface AsrErrorOptions {
  /** Name of the request field that caused the error. Null or undefined when no field caused the error. */
  readonly param?: string | null;
  /** Time in seconds after which the client should retry. Set only for error codes whose `retry` is true. */
  readonly retryAfterS?: number;
  readonly cause?: unknown;
  /**
   * Message for the log and the command line. It can contain paths and system errors. Clients never receive this
   * message.
   */
  readonly operatorMessage?: string;
}

/**
 * Error with a code from `errorKinds`. The message states the problem, the expected value, and what the client can
 * change. Clients receive the message unchanged.
 */
export class AsrError extends Error {
  override readonly name = "AsrError";
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfterS: number | null;
  readonly operatorMessage: string;

  constructor(code: ErrorCode, message: string, options: AsrErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfterS = options.retryAfterS ?? null;
    this.operatorMessage = options.operatorMessage ?? message;
  }

  get kind(): ErrorKind {
    return errorKinds[this.code];
  }
}

/**
 * Creates the error for a request that may succeed after `retryAfterS` seconds. The message and the Retry-After header
 * contain this time, rounded up to at least 1 s.
 */
export function retryLater(
  code: ErrorCode,
  message: string,
  retryAfterS: number,
  cause?: unknown,
): AsrError {
  const seconds = Math.max(1, Math.ceil(retryAfterS));
  return new AsrError(code, `${message}. Retry in ${seconds} s.`, { retryAfterS: seconds, cause });
}

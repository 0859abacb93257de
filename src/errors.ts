/**
 * Defines all error codes, and AsrError, the class of all errors that have one of these codes. The table in docs/api.md
 * and the error responses in GET /openapi.json are generated from `errorKinds`.
 */

interface ErrorKind {
  /** HTTP status of the response. */
  readonly status: number;
  /** Value of `error.type` in a response in OpenAI's format. */
  readonly type: "invalid_request_error" | "rate_limit_error" | "server_error";
  /** Whether the same request may succeed later. Sent in the header `x-should-retry`, which OpenAI's clients obey. */
  readonly retry: boolean;
  /** Description of the situations in which the error occurs: a sentence without a full stop. */
  readonly when: string;
}

export const errorKinds = {
  invalid_request: rejected(400, "A field, the form or the Host header is wrong"),
  unsupported_value: rejected(
    400,
    "The field or value is part of OpenAI's API, but this server or model does not support it",
  ),
  backend_unavailable: rejected(
    400,
    "The model belongs to a backend that this server does not have; the message names a model to use instead",
  ),
  invalid_audio: rejected(400, "The file is empty or damaged, or has no audio track"),
  unsupported_audio: rejected(400, "The container or codec is not supported"),
  audio_too_short: rejected(400, "The audio is shorter than 0.1 s"),
  audio_too_long: rejected(400, "The audio is longer than `OPEN_ASR_SERVER_MAX_AUDIO_SECONDS`"),
  audio_limit_exceeded: rejected(
    400,
    "Channels, sample rate, samples, or time or memory of decoding exceed a limit",
  ),
  invalid_api_key: rejected(401, "The key is missing or wrong"),
  host_not_allowed: rejected(
    403,
    "The Host header is not a name of this machine (`OPEN_ASR_SERVER_ALLOWED_HOSTS`)",
  ),
  origin_not_allowed: rejected(
    403,
    "A web page of another origin called a server without keys; the message shows the flag to allow it",
  ),
  admin_not_allowed: rejected(
    403,
    "An admin route was called without an admin key from another machine, through a proxy, or by a web page",
  ),
  model_not_allowed: rejected(
    403,
    "The operator does not allow the model (`OPEN_ASR_SERVER_ALLOWED_MODELS`)",
  ),
  model_gated: rejected(403, "The repository of the model is gated or private"),
  model_not_found: rejected(404, "The model is unknown or not on this machine"),
  model_not_loaded: rejected(404, "The model to unload is not loaded"),
  unknown_route: rejected(404, "The path does not exist"),
  method_not_allowed: rejected(405, "The path accepts another method; see the header `allow`"),
  upload_timeout: rejected(408, "The upload stalled, was too slow, or took too long"),
  model_not_removable: rejected(
    409,
    "Not all files of the model were downloaded by this program, or the model cache cannot be changed",
  ),
  model_in_use: rejected(409, "The model has jobs, is pinned, or is being downloaded"),
  file_too_large: rejected(413, "The file is larger than `OPEN_ASR_SERVER_MAX_UPLOAD_BYTES`"),
  unsupported_encoding: rejected(415, "The Content-Encoding is not gzip"),
  rate_limit_exceeded: limited(
    "Too many requests per minute (`OPEN_ASR_SERVER_RATE_LIMIT_PER_MINUTE`), or more than the client's share of slots",
  ),
  client_closed_request: rejected(
    499,
    "The client disconnected before the response; only in the log and the metrics",
  ),
  internal_error: failed(500, "An error inside the server; its log has the details"),
  model_load_failed: failed(500, "The model's files cannot be loaded"),
  runner_crashed: failed(500, "The process of the model died twice during this request"),
  model_download_failed: failed(502, "The model could not be downloaded"),
  out_of_memory: failed(503, "The model, or this request, needs too much memory"),
  model_downloading: busy(503, "The model is being downloaded; the message tells how much is left"),
  server_busy: busy(
    503,
    "The queue, the request limit, the upload slots or quota, or the file descriptors are used up",
  ),
  runner_restarting: busy(503, "The process of the model is restarting"),
  server_stopping: busy(503, "The server is stopping"),
  deadline_exceeded: failed(
    504,
    "The transcription took longer than `OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS`, or cannot end before its `deadline_seconds`",
  ),
  storage_full: failed(
    507,
    "The disk is full, or less than `OPEN_ASR_SERVER_MIN_FREE_DISK_BYTES` would stay free",
  ),
} satisfies Record<string, ErrorKind>;

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

// --- internal ---

/** Returns the description of an error after which the client must change the request. */
function rejected(status: number, when: string): ErrorKind {
  return { status, type: "invalid_request_error", retry: false, when };
}

/** Returns the description of an error for a client that sends too many requests. The client may retry later. */
function limited(when: string): ErrorKind {
  return { status: 429, type: "rate_limit_error", retry: true, when };
}

/** Returns the description of an error of the server. The same request would fail again. */
function failed(status: number, when: string): ErrorKind {
  return { status, type: "server_error", retry: false, when };
}

/** Returns the description of a temporary error of the server. The client may retry later. */
function busy(status: number, when: string): ErrorKind {
  return { status, type: "server_error", retry: true, when };
}

/** Lists the error codes that each route can send, by the id of its operation in the OpenAPI document. */
import type { ErrorCode } from "../../errors.ts";

/** Errors of the guards that apply to every route. */
const always = ["invalid_request", "host_not_allowed", "internal_error"] as const;

/** Errors of the guards that apply to every route except /health and /ready. */
const limited = [...always, "server_busy"] as const;

/** Errors of a route that requires an API key and reads only. */
const reading = [...limited, "server_stopping", "invalid_api_key"] as const;

/** Errors of a route that requires an API key and does not only read. Web pages of other origins may not call it. */
const writing = [...reading, "origin_not_allowed"] as const;

/** Errors of the guard of the admin routes. */
const adminGuard = ["admin_not_allowed", "rate_limit_exceeded"] as const;

/** Errors of an admin route with a JSON body. */
const admin = [...writing, ...adminGuard, "upload_timeout", "file_too_large"] as const;

/** Errors of the search for a model that a request names. */
const naming = [
  "unsupported_value",
  "backend_unavailable",
  "model_not_allowed",
  "model_not_found",
] as const;

/** Errors of the download of a model. */
const downloading = ["model_gated", "model_download_failed", "storage_full"] as const;

/** Errors of the start of a model, which is downloaded first if it is missing. */
const loading = [
  ...naming,
  ...downloading,
  "model_downloading",
  "model_load_failed",
  "out_of_memory",
  "runner_restarting",
] as const;

const audio = [
  ...writing,
  ...loading,
  "invalid_audio",
  "unsupported_audio",
  "audio_too_short",
  "audio_too_long",
  "audio_limit_exceeded",
  "upload_timeout",
  "file_too_large",
  "unsupported_encoding",
  "rate_limit_exceeded",
  "runner_crashed",
  "deadline_exceeded",
] as const;

/**
 * The codes that no operation lists: errors for requests that match no operation, and the code of a client that has
 * disconnected, which only the log and the metrics contain.
 */
export const codesWithoutOperation: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "unknown_route",
  "method_not_allowed",
  "client_closed_request",
]);

export const routeErrors = {
  about: limited,
  health: always,
  ready: always,
  metrics: reading,
  openapi: reading,
  listModels: reading,
  listModelMetadata: reading,
  retrieveModel: [...reading, "model_not_found"],
  createTranscription: audio,
  createTranslation: audio,
  modelStatus: [...reading, ...adminGuard],
  loadModel: [...admin, ...loading, "runner_crashed"],
  unloadModel: [...admin, ...naming, "model_not_loaded", "model_in_use"],
  unloadAllModels: admin,
  pullModel: [...admin, ...naming, ...downloading],
  deleteModel: [...writing, ...adminGuard, ...naming, "model_not_removable", "model_in_use"],
} as const satisfies Record<string, readonly ErrorCode[]>;

export type OperationId = keyof typeof routeErrors;

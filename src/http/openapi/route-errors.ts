/** Lists the error codes that each operation of the OpenAPI document can send, by the id of the operation. */
import type { ErrorCode } from "../../errors.ts";

/** Errors of the guards for every route. */
const always = ["invalid_request", "host_not_allowed", "internal_error"] as const;

/** Errors of the guards for every route except /health and /ready. */
const limited = [...always, "server_busy"] as const;

/** Errors of the guards for every route that requires an API key and only returns data. */
const reading = [...limited, "server_stopping", "invalid_api_key"] as const;

/**
 * Errors of the guards for every route that requires an API key and changes something or starts work. Web pages of
 * other origins may not call such a route.
 */
const writing = [...reading, "origin_not_allowed"] as const;

/** Additional errors of the guard for the admin routes. */
const adminGuard = ["admin_not_allowed", "rate_limit_exceeded"] as const;

/** Errors that every admin route with a JSON body can send. */
const admin = [...writing, ...adminGuard, "upload_timeout", "file_too_large"] as const;

/** Errors when the server searches the model that a request names. */
const naming = [
  "unsupported_value",
  "backend_unavailable",
  "model_not_allowed",
  "model_not_found",
] as const;

/** Errors when the server downloads a model. */
const downloading = ["model_gated", "model_download_failed", "storage_full"] as const;

/** Errors when the server starts a model. A missing model is downloaded first. */
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
 * Error codes that are not listed for any operation. The first two are for requests that match no operation. The last
 * is for a client that has disconnected, so only the log and the metrics contain this code.
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

/** Describes error responses for the OpenAPI document. The descriptions are generated from the table of all errors. */
import { type ErrorCode, errorKinds } from "../../errors.ts";
import { json, reference } from "./parts.ts";

/**
 * Returns the responses for the given errors, by HTTP status. Each response lists its error codes and its retry
 * headers.
 */
export function errorResponses(codes: readonly ErrorCode[]): Record<string, object> {
  const byStatus = Map.groupBy(codes, (code) => errorKinds[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, sameStatus]) => [String(status), responseOf(status, sameStatus)]),
  );
}

/** Returns a description of every error, by error code. */
export function errorTable(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(errorKinds).map(([code, { status, type, retry, when }]) => [
      code,
      { status, type, "x-should-retry": String(retry), description: when },
    ]),
  );
}

// --- internal ---

function responseOf(status: number, codes: readonly ErrorCode[]): object {
  const restricted = { properties: { error: { properties: { code: { enum: codes } } } } };
  return {
    description: codes.map((code) => `\`${code}\`: ${errorKinds[code].when}`).join(".\n"),
    headers: { ...retryHeaders(codes), ...challengeHeaders[status] },
    content: json({ allOf: [reference("Error"), restricted] }),
  };
}

function retryHeaders(codes: readonly ErrorCode[]): object {
  const answers = new Set(codes.map((code) => String(errorKinds[code].retry)));
  const shouldRetry = {
    required: true,
    description: "Whether the same request can succeed later. OpenAI's clients obey it.",
    schema: { type: "string", enum: [...answers] },
  };
  const headers = {
    "x-request-id": { $ref: "#/components/headers/RequestId" },
    "x-should-retry": shouldRetry,
  };
  if (!answers.has("true")) return headers;
  const retryAfter = {
    required: !answers.has("false"),
    description: "Seconds until the client should retry; sent when `x-should-retry` is `true`.",
    schema: { type: "integer", minimum: 1 },
  };
  return { ...headers, "retry-after": retryAfter };
}

/**
 * Additional headers of error responses, by HTTP status. They tell the client which authentication or which encoding
 * the next request must use.
 */
const challengeHeaders: Readonly<Record<number, object>> = {
  401: { "www-authenticate": header("Bearer") },
  415: { "accept-encoding": header("gzip") },
};

function header(value: string): object {
  return { required: true, schema: { type: "string", const: value } };
}

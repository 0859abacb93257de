/** Defines the checks that apply to every error response. */
import { expect } from "bun:test";
import { APIError } from "openai";
import type { ErrorCode } from "../../src/errors.ts";
import { canonicalPath } from "../../src/http/canonical-url.ts";
import { codesWithoutOperation } from "../../src/http/openapi/route-errors.ts";
import { contractErrors } from "../contract/contract.ts";
import { operations } from "../http/openapi/operations.ts";

export interface ExpectedError {
  readonly status: number;
  readonly code: string;
  readonly param?: string;
  readonly says?: RegExp;
  /** Whether the client should retry. The default is false. */
  readonly retry?: boolean;
}

export async function expectError(response: Response, expected: ExpectedError): Promise<void> {
  const { status, code, param, says, retry = false } = expected;
  const body = (await response.json()) as { error: Record<string, unknown> };
  expect(contractErrors("ErrorResponse", body)).toBeNull();
  expect({ status: response.status, ...body.error }).toMatchObject({
    status,
    code,
    type: typeOf(status),
    ...(param === undefined ? {} : { param }),
  });
  expectDocumented(response, code);
  if (says !== undefined) expect(body.error["message"]).toMatch(says);
  expect(response.headers.get("content-type")).toStartWith("application/json");
  expect(response.headers.get("x-request-id")).toMatch(/^req_\w+$/);
  expect(response.headers.get("x-should-retry")).toBe(String(retry));
  // The response must have a Retry-After header if the client should retry, and must not have one otherwise.
  expect(Number(response.headers.get("retry-after")) > 0).toBe(retry);
}

/** Returns the error that the official client throws. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<APIError> {
  const outcome = await promise.then(
    () => "an answer",
    (error: unknown) => error,
  );
  if (outcome instanceof APIError) return outcome;
  throw new Error(`Expected the client to throw, found ${String(outcome)}`);
}

// --- internal ---

/**
 * Checks that the OpenAPI document lists the error for an operation of this path. Ignores errors that no operation in
 * the document has. Also ignores paths that are not in the document.
 */
function expectDocumented({ url, status }: Response, code: string): void {
  const path = canonicalPath(new URL(url).pathname).replace(
    /^\/v1\/models\/(?!metadata$).+/u,
    "/v1/models/{model}",
  );
  const described = operations().filter((operation) => operation.path === path);
  // The server checks the origin before the method, and never rejects a GET because of its origin. So if a path has
  // only GET, its operations do not list this error. A request with another method gets the error anyway.
  const isOfOtherMethod =
    code === "origin_not_allowed" && described.every(({ method }) => method === "GET");
  if (described.length === 0 || codesWithoutOperation.has(code as ErrorCode) || isOfOtherMethod) {
    return;
  }
  const codes = described
    .flatMap(({ errors }) => errors)
    .filter((error) => error.status === status)
    .flatMap((error) => error.codes);
  expect([path, status, codes]).toEqual([path, status, expect.arrayContaining([code])]);
}

function typeOf(status: number): string {
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

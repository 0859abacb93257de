/** Reads the operations of the OpenAPI document, with their error responses. */
import type { ErrorCode } from "../../../src/errors.ts";
import { openapiDocument } from "../../../src/http/openapi/document.ts";

export interface ErrorResponse {
  readonly status: number;
  readonly codes: readonly ErrorCode[];
  readonly headers: Readonly<Record<string, { schema: { enum?: readonly string[] } }>>;
}

export interface Operation {
  readonly method: string;
  /** Path of the route. It may contain the placeholder `{model}` for the id of a model. */
  readonly path: string;
  readonly errors: readonly ErrorResponse[];
}

export function operations(): Operation[] {
  return Object.entries<object>(openapiDocument("1.2.3").paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { responses: Record<string, Described> }>).map(
      ([method, { responses }]) => ({
        method: method.toUpperCase(),
        path,
        errors: Object.entries(responses).flatMap(([status, response]) =>
          errorOf(Number(status), response),
        ),
      }),
    ),
  );
}

// --- internal ---

interface Described {
  readonly headers?: ErrorResponse["headers"];
  readonly content: Readonly<
    Record<string, { schema: { allOf?: readonly [object, { properties: ErrorProperties }] } }>
  >;
}

interface ErrorProperties {
  readonly error: { readonly properties: { readonly code: { readonly enum: ErrorCode[] } } };
}

function errorOf(status: number, { headers = {}, content }: Described): ErrorResponse[] {
  const [, restricted] = content["application/json"]?.schema.allOf ?? [];
  if (restricted === undefined) return [];
  return [{ status, headers, codes: restricted.properties.error.properties.code.enum }];
}

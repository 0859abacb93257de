/** Describes one operation of the OpenAPI document: its successful response, and all of its error responses. */
import { errorResponses } from "./error-responses.ts";
import { json, reference } from "./parts.ts";
import { type OperationId, routeErrors } from "./route-errors.ts";
import { type SchemaName, schemas } from "./schemas.ts";

interface Answer {
  readonly description?: string;
  /** Maps each media type of the successful response to its schema. */
  readonly content: object;
  readonly headers?: object;
}

/** Describes an operation. Its successful response may have several media types. */
export function operationWith(operationId: OperationId, summary: string, answer: Answer) {
  const { description = summary, content, headers } = answer;
  return {
    operationId,
    summary,
    responses: {
      "200": {
        description,
        headers: { "x-request-id": { $ref: "#/components/headers/RequestId" }, ...headers },
        content,
      },
      ...errorResponses(routeErrors[operationId]),
    },
  };
}

/** Describes an operation that responds with JSON. */
export function operation(operationId: OperationId, summary: string, schema: SchemaName) {
  return operationWith(operationId, summary, { content: json(reference(schema)) });
}

/**
 * Describes a JSON body. The body is required if its schema has required members, because the server reads an empty
 * body as an empty object.
 */
export function jsonBody(schema: SchemaName) {
  const { required = [] } = schemas[schema];
  return { required: required.length > 0, content: json(reference(schema)) };
}

/**
 * Creates the OpenAPI document from the schemas that the server uses for requests and responses, and from the table of
 * all errors.
 */
import { createTranscription, createTranslation } from "./audio-operations.ts";
import { errorTable } from "./error-responses.ts";
import { modelPaths } from "./model-operations.ts";
import { operation, operationWith } from "./operation.ts";
import { json, reference } from "./parts.ts";
import { schemas } from "./schemas.ts";

export function openapiDocument(version: string) {
  return {
    openapi: "3.1.1",
    info: {
      title: "open-asr-server",
      version,
      description:
        "Local speech recognition over OpenAI's audio API. Fields and members with `x-extension` are not part of that API.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { apiKey: [] }, {}],
    paths: {
      "/": { get: withoutKey(about) },
      "/v1/audio/transcriptions": { post: createTranscription },
      "/v1/audio/translations": { post: createTranslation },
      ...modelPaths,
      "/health": { get: withoutKey(operation("health", "Whether the server is alive", "Health")) },
      "/metrics": { get: metrics },
      "/openapi.json": { get: openapi },
      "/ready": { get: withoutKey(ready) },
    },
    components: {
      schemas,
      headers: {
        RequestId: {
          description: "Id of the request in the log of the server",
          required: true,
          schema: { type: "string" },
        },
      },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: whenRequired },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key", description: whenRequired },
      },
    },
    "x-errors": errorTable(),
  };
}

// --- internal ---

const whenRequired = "Required when the operator set API keys";

const about = operationWith("about", "The server and its base URL, or its page for browsers", {
  content: { ...json(reference("About")), "text/html": { schema: { type: "string" } } },
});

const readyOperation = operation("ready", "Whether the server accepts work", "Readiness");

const ready = {
  ...readyOperation,
  responses: {
    ...readyOperation.responses,
    "503": {
      description: "The server is loading models or shutting down",
      content: json(reference("Readiness")),
    },
  },
};

const metrics = operationWith("metrics", "Metrics of this server", {
  description: "Metrics in the Prometheus text format",
  content: { "text/plain": { schema: { type: "string" } } },
});

const openapi = operationWith("openapi", "This document", {
  content: json({ type: "object" }),
});

function withoutKey<T extends object>(described: T) {
  return { ...described, security: [] };
}

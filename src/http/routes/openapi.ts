/** GET /openapi.json: what this server really serves, from the schemas that it checks and answers with. */
import { Elysia } from "elysia";
import { onlyMethod } from "../guards/errors.ts";
import {
  errorEnvelope,
  health,
  model,
  modelList,
  readiness,
  transcriptionJson,
  transcriptionRequest,
  transcriptionVerboseJson,
} from "../schema.ts";

export function openapi(version: string) {
  return new Elysia({ name: "openapi" })
    .get("/openapi.json", () => describe(version))
    .all("/openapi.json", onlyMethod("GET"));
}

// --- internal ---

function describe(version: string): object {
  return {
    openapi: "3.1.1",
    info: {
      title: "open-asr-server",
      version,
      description: "OpenAI's audio API, answered by speech recognition models on this machine.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { apiKey: [] }, {}],
    paths: {
      "/v1/audio/transcriptions": { post: createTranscription },
      "/v1/models": { get: operation("listModels", "The models that can be named", "ModelList") },
      "/v1/models/{model}": { get: { ...retrieveModel, parameters: [modelParameter] } },
      "/health": {
        get: { ...operation("health", "Whether the server answers", "Health"), security: [] },
      },
      "/metrics": { get: metrics },
      "/ready": { get: { ...ready, security: [] } },
    },
    components: {
      schemas: {
        Error: errorEnvelope,
        Health: health,
        Model: model,
        ModelList: modelList,
        Readiness: readiness,
        Transcription: transcriptionJson,
        TranscriptionRequest: transcriptionRequest,
        TranscriptionVerbose: transcriptionVerboseJson,
      },
      responses: {
        Error: { description: "What went wrong and what to do", content: json(reference("Error")) },
      },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: whenNeeded },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key", description: whenNeeded },
      },
    },
  };
}

const whenNeeded = "Needed where the operator set keys";

const createTranscription = {
  operationId: "createTranscription",
  summary: "Transcribes audio into the language that is spoken",
  requestBody: {
    required: true,
    content: { "multipart/form-data": { schema: reference("TranscriptionRequest") } },
  },
  responses: {
    "200": {
      description: "The transcript in the format that was asked for",
      content: {
        ...json({ anyOf: [reference("Transcription"), reference("TranscriptionVerbose")] }),
        "text/plain": { schema: { type: "string" } },
        "text/vtt": { schema: { type: "string" } },
      },
    },
    default: { $ref: "#/components/responses/Error" },
  },
};

const retrieveModel = operation("retrieveModel", "One model", "Model");

const takesWork = operation("ready", "Whether the server takes work", "Readiness");

const ready = {
  ...takesWork,
  responses: {
    ...takesWork.responses,
    "503": {
      description: "Models are still being loaded, or the server stops",
      content: json(reference("Readiness")),
    },
  },
};

const metrics = {
  operationId: "metrics",
  summary: "What this server counts and measures",
  responses: {
    "200": {
      description: "Prometheus' text format",
      content: { "text/plain": { schema: { type: "string" } } },
    },
    default: { $ref: "#/components/responses/Error" },
  },
};

const modelParameter = {
  name: "model",
  in: "path",
  required: true,
  schema: { type: "string" },
  description: "A model's id; its slashes may stay as they are",
};

function operation(operationId: string, summary: string, schema: string) {
  return {
    operationId,
    summary,
    responses: {
      "200": { description: summary, content: json(reference(schema)) },
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

function json(schema: object) {
  return { "application/json": { schema } };
}

function reference(schema: string) {
  return { $ref: `#/components/schemas/${schema}` };
}

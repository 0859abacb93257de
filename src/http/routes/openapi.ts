/**
 * GET /openapi.json: returns the OpenAPI document. It is generated from the schemas that the server uses for requests
 * and responses.
 */
import { Elysia } from "elysia";
import {
  deletedModel,
  loadedModel,
  loadRequest,
  modelStatus,
  pullEvent,
  pullRequest,
  pullResult,
  unloadAllRequest,
  unloadRequest,
  unloadResult,
} from "../admin-schema.ts";
import { modelMetadata, modelMetadataList } from "../metadata-schema.ts";
import {
  about,
  errorEnvelope,
  health,
  model,
  modelList,
  readiness,
  transcriptDelta,
  transcriptDone,
  transcriptionJson,
  transcriptionVerboseJson,
  translationJson,
  translationVerboseJson,
} from "../schema.ts";
import { transcriptionRequest, translationRequest } from "../transcription-request.ts";
import { readRoute } from "./methods.ts";

export function openapi(version: string) {
  return new Elysia({ name: "openapi" }).use(readRoute("/openapi.json", () => describe(version)));
}

// --- internal ---

function describe(version: string): object {
  return {
    openapi: "3.1.1",
    info: {
      title: "open-asr-server",
      version,
      description: "Local speech recognition over OpenAI's audio API.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { apiKey: [] }, {}],
    paths: {
      "/": {
        get: { ...operation("about", "The server and its base URL", "About"), security: [] },
      },
      "/v1/audio/transcriptions": { post: createTranscription },
      "/v1/audio/translations": { post: createTranslation },
      "/v1/admin/models/load": {
        post: admin("loadModel", "Loads a model", {
          request: "LoadRequest",
          answer: "LoadedModel",
        }),
      },
      "/v1/admin/models/pull": { post: pullModel },
      "/v1/admin/models/status": {
        get: operation("modelStatus", "Lists the loaded models", "ModelStatus"),
      },
      "/v1/admin/models/unload": {
        post: admin("unloadModel", "Unloads a model, which returns its memory", {
          request: "UnloadRequest",
          answer: "UnloadResult",
        }),
      },
      "/v1/admin/models/unload-all": {
        post: admin("unloadAllModels", "Unloads all idle models", {
          request: "UnloadAllRequest",
          answer: "UnloadResult",
        }),
      },
      "/v1/models": {
        get: operation("listModels", "Lists the models that requests may use", "ModelList"),
      },
      "/v1/models/metadata": {
        get: operation("listModelMetadata", "Facts about models and patterns", "ModelMetadataList"),
      },
      "/v1/models/{model}": {
        get: { ...retrieveModel, parameters: [modelParameter] },
        delete: { ...deleteModel, parameters: [modelParameter] },
      },
      "/health": {
        get: { ...operation("health", "Whether the server is alive", "Health"), security: [] },
      },
      "/metrics": { get: metrics },
      "/ready": { get: { ...ready, security: [] } },
    },
    components: {
      schemas,
      responses: {
        Error: {
          description: "The error, and what to do about it",
          content: json(reference("Error")),
        },
      },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: whenRequired },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key", description: whenRequired },
      },
    },
  };
}

const schemas = {
  About: about,
  DeletedModel: deletedModel,
  Error: errorEnvelope,
  Health: health,
  LoadedModel: loadedModel,
  LoadRequest: loadRequest,
  Model: model,
  ModelList: modelList,
  ModelMetadata: modelMetadata,
  ModelMetadataList: modelMetadataList,
  ModelStatus: modelStatus,
  PullEvent: pullEvent,
  PullRequest: pullRequest,
  PullResult: pullResult,
  Readiness: readiness,
  TranscriptDelta: transcriptDelta,
  TranscriptDone: transcriptDone,
  Transcription: transcriptionJson,
  TranscriptionRequest: transcriptionRequest,
  TranscriptionVerbose: transcriptionVerboseJson,
  Translation: translationJson,
  TranslationRequest: translationRequest,
  TranslationVerbose: translationVerboseJson,
  UnloadAllRequest: unloadAllRequest,
  UnloadRequest: unloadRequest,
  UnloadResult: unloadResult,
};

const whenRequired = "Required when the operator set API keys";

const createTranscription = {
  operationId: "createTranscription",
  summary: "Transcribes audio in its spoken language",
  requestBody: {
    required: true,
    content: { "multipart/form-data": { schema: reference("TranscriptionRequest") } },
  },
  responses: {
    "200": {
      description: "The transcript in the requested format",
      content: {
        ...json({ anyOf: [reference("Transcription"), reference("TranscriptionVerbose")] }),
        "text/event-stream": {
          schema: {
            description:
              "With stream=true: one event in each line `data:`. After an error, the last one is an Error.",
            anyOf: [reference("TranscriptDelta"), reference("TranscriptDone"), reference("Error")],
          },
        },
        "text/plain": { schema: { type: "string" } },
        "text/vtt": { schema: { type: "string" } },
      },
    },
    default: { $ref: "#/components/responses/Error" },
  },
};

const createTranslation = {
  operationId: "createTranslation",
  summary: "Transcribes audio in English, whatever its spoken language is",
  requestBody: {
    required: true,
    content: { "multipart/form-data": { schema: reference("TranslationRequest") } },
  },
  responses: {
    "200": {
      description: "The English text in the requested format",
      content: {
        ...json({ anyOf: [reference("Translation"), reference("TranslationVerbose")] }),
        "text/plain": { schema: { type: "string" } },
        "text/vtt": { schema: { type: "string" } },
      },
    },
    default: { $ref: "#/components/responses/Error" },
  },
};

const deleteModel = operation(
  "deleteModel",
  "Deletes the files of a model that this server downloaded",
  "DeletedModel",
);

const pullOperation = admin("pullModel", "Downloads a model", {
  request: "PullRequest",
  answer: "PullResult",
});

const pullModel = {
  ...pullOperation,
  responses: {
    ...pullOperation.responses,
    "200": {
      description: "The model on this machine, or with `stream` the events of its download",
      content: {
        ...json(reference("PullResult")),
        "text/event-stream": { schema: reference("PullEvent") },
      },
    },
  },
};

const retrieveModel = operation("retrieveModel", "Describes one model", "Model");

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

const metrics = {
  operationId: "metrics",
  summary: "Metrics of this server",
  responses: {
    "200": {
      description: "Metrics in the Prometheus text format",
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
  description: "Id of the model. Slashes in the id do not need encoding.",
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

/** Returns the description of an admin route that has a JSON body. */
function admin(
  operationId: string,
  summary: string,
  { request, answer }: { request: string; answer: string },
) {
  return {
    ...operation(operationId, summary, answer),
    requestBody: { required: true, content: json(reference(request)) },
  };
}

function json(schema: object) {
  return { "application/json": { schema } };
}

function reference(schema: string) {
  return { $ref: `#/components/schemas/${schema}` };
}

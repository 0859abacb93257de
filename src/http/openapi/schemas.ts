/** Maps each name of a schema in the OpenAPI document to the schema that the server uses for requests or responses. */
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
  transcriptionJson,
  transcriptionVerboseJson,
  translationJson,
  translationVerboseJson,
} from "../schema.ts";
import { transcriptDelta, transcriptDone, transcriptProgress } from "../stream-schema.ts";
import { transcriptionRequest, translationRequest } from "./form-schemas.ts";

export const schemas = {
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
  TranscriptProgress: transcriptProgress,
  Translation: translationJson,
  TranslationRequest: translationRequest,
  TranslationVerbose: translationVerboseJson,
  UnloadAllRequest: unloadAllRequest,
  UnloadRequest: unloadRequest,
  UnloadResult: unloadResult,
};

export type SchemaName = keyof typeof schemas;

/**
 * TypeBox schemas of the admin routes. The names of fields are the same as in the admin API of the Python server
 * open-asr-server.
 */
import { type Static, Type } from "@sinclair/typebox";

const closed = { additionalProperties: false } as const;
const modelName = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: "Id of a model, with or without its backend: base, whisper-cpp:base.",
});

export const loadRequest = Type.Object({ model: modelName }, closed);

export const unloadRequest = Type.Object(
  {
    model: modelName,
    force: Type.Optional(Type.Boolean({ description: "Unload a preloaded model, too." })),
  },
  closed,
);

export const unloadAllRequest = Type.Object(
  {
    include_pinned: Type.Optional(Type.Boolean({ description: "Unload preloaded models, too." })),
  },
  closed,
);

export const loadedModel = Type.Object({
  id: Type.String({ description: "backend:model" }),
  backend: Type.String(),
  model: Type.String(),
  pinned: Type.Boolean({ description: "The model was preloaded: it stays loaded when idle." }),
  active_requests: Type.Integer({ minimum: 0 }),
  idle_seconds: Type.Number({ minimum: 0 }),
  memory_bytes: Type.Integer({ minimum: 0, description: "Memory of the model's process." }),
});
export type LoadedModelStatus = Static<typeof loadedModel>;

export const modelStatus = Type.Object({ data: Type.Array(loadedModel) });
export type ModelStatus = Static<typeof modelStatus>;

export const unloadResult = Type.Object({
  unloaded: Type.Array(Type.String()),
  skipped: Type.Array(Type.String(), { description: "Models that have jobs or are pinned." }),
  loaded: Type.Array(Type.String(), { description: "Models that are still loaded." }),
});
export type UnloadResult = Static<typeof unloadResult>;

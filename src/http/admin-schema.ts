/**
 * Defines the TypeBox schemas of the admin routes. The names of fields are the same as in the admin API of the Python
 * server open-asr-server.
 */
import { type Static, Type } from "@sinclair/typebox";
import { errorEnvelope } from "./schema.ts";

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

export const pullRequest = Type.Object(
  {
    model: Type.String({
      minLength: 1,
      maxLength: 1024,
      description:
        "Name of a model, or a repository of the hub with an optional revision: large-v3-turbo, " +
        "faster-whisper:large-v3, Systran/faster-whisper-tiny@main.",
    }),
    stream: Type.Optional(
      Type.Boolean({
        description: "Answer with server-sent events: the progress each second, then the result.",
      }),
    ),
  },
  closed,
);

const pulled = {
  model: Type.String({ description: "Id of the model for requests." }),
  bytes: Type.Integer({ minimum: 0, description: "Size of its files." }),
  repository: Type.Optional(
    Type.String({ description: "Absent for a model that does not come from the hub." }),
  ),
  commit: Type.Optional(Type.String()),
  license: Type.Optional(
    Type.String({ description: "License of the weights, as their authors named it." }),
  ),
};

export const pullResult = Type.Object(pulled);
export type PullResult = Static<typeof pullResult>;

export const pullEvent = Type.Union([
  Type.Object({
    type: Type.Literal("model.pull.progress"),
    state: Type.Union([
      Type.Literal("listing"),
      Type.Literal("waiting"),
      Type.Literal("downloading"),
    ]),
    bytes: Type.Integer({
      minimum: 0,
      description: "Bytes on disk, those of earlier tries included.",
    }),
    total_bytes: Type.Integer({ minimum: 0, description: "0 while it is unknown." }),
  }),
  Type.Object({ type: Type.Literal("model.pull.done"), ...pulled }),
  Type.Composite([Type.Object({ type: Type.Literal("error") }), errorEnvelope]),
]);
export type PullEvent = Static<typeof pullEvent>;

export const deletedModel = Type.Object({
  id: Type.String(),
  object: Type.Literal("model"),
  deleted: Type.Literal(true),
});

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

/**
 * Defines the TypeBox schema of `GET /v1/models/metadata`. The names of fields are the same as in the Python server
 * open-asr-server.
 */
import { type Static, Type } from "@sinclair/typebox";
import { type ModelMetadata, precisions } from "../jobs/model-facts.ts";

const modelCapabilities = Type.Object({
  supports_prompt: Type.Boolean(),
  supports_word_timestamps: Type.Boolean(),
  supports_segments: Type.Boolean(),
  supports_languages: Type.Array(Type.String(), { description: "ISO 639-1 codes" }),
  supports_streaming: Type.Boolean(),
});

const megabytes = (description: string) =>
  Type.Optional(
    Type.Number({ minimum: 0, description: `${description}, in units of 1,000,000 bytes` }),
  );

export const modelMetadata = Type.Object({
  id: Type.String(),
  kind: Type.Union([Type.Literal("model"), Type.Literal("pattern")], {
    description: "A pattern is a glob that matches names of models, on this machine or not.",
  }),
  backend: Type.String(),
  family: Type.Optional(Type.String()),
  parameters: Type.Optional(Type.Integer({ description: "Number of weights" })),
  size_on_disk_mb: megabytes("All files"),
  weights_mb: megabytes("The file of the weights"),
  precision: Type.Optional(
    Type.Union(
      precisions.map((precision) => Type.Literal(precision)),
      { description: "Number format of most weights in the file" },
    ),
  ),
  device_types: Type.Array(Type.String(), {
    description: "Devices that it can use on this machine",
  }),
  min_ram_mb: megabytes(
    "Memory of its process with one worker, estimated from the size of the file",
  ),
  capabilities: Type.Optional(modelCapabilities),
  notes: Type.Optional(Type.String()),
  source: Type.Union([Type.Literal("files"), Type.Literal("default")], {
    description: '"files": read from the files of the model. "default": facts of its backend.',
  }),
  supported_platforms: Type.Array(Type.String()),
  compatibility_notes: Type.Optional(
    Type.String({ description: "Why its backend cannot run on this machine, and the remedy" }),
  ),
});

export type ModelMetadataEntry = Static<typeof modelMetadata>;

export const modelMetadataList = Type.Object({
  object: Type.Literal("list"),
  data: Type.Array(modelMetadata),
});

export type ModelMetadataList = Static<typeof modelMetadataList>;

/** Converts facts about a model to the format of the response. Unknown facts are omitted. */
export function wireMetadata(facts: ModelMetadata): ModelMetadataEntry {
  const { id, backend, isPattern, capabilities } = facts;
  return {
    id,
    kind: isPattern ? "pattern" : "model",
    backend,
    ...known({ family: facts.family }),
    ...known({ parameters: facts.parameters }),
    ...known({ size_on_disk_mb: inMegabytes(facts.diskBytes) }),
    ...known({ weights_mb: inMegabytes(facts.weightsBytes) }),
    ...known({ precision: facts.precision }),
    device_types: [...facts.devices],
    ...known({ min_ram_mb: inMegabytes(facts.memoryBytesMin) }),
    ...known({
      capabilities: capabilities && {
        supports_prompt: capabilities.prompt,
        supports_word_timestamps: capabilities.words,
        supports_segments: true,
        supports_languages: capabilities.languages,
        supports_streaming: capabilities.live,
      },
    }),
    ...known({ notes: facts.notes }),
    source: isPattern ? "default" : "files",
    supported_platforms: [...facts.platforms],
    ...known({ compatibility_notes: facts.unavailable }),
  };
}

// --- internal ---

/**
 * `member` is an object with one field. Returns this object if the value of the field is known. Returns an empty object
 * if the value is null.
 */
function known<K extends string, V>(member: Record<K, V | null>): Partial<Record<K, V>> {
  const isKnown = Object.values(member).every((value) => value !== null);
  return isKnown ? (member as Record<K, V>) : {};
}

function inMegabytes(bytes: number | null): number | null {
  return bytes === null ? null : Math.round(bytes / 1e5) / 10;
}

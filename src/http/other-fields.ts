/**
 * Defines the form fields that clients of other servers send. docs/api.md and GET /openapi.json are generated from this
 * table.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { transcriptionFields } from "./schema.ts";

interface OtherField {
  readonly schema: TSchema;
  /** Names of servers that have a field with this name. */
  readonly servers: string;
  readonly meaning: string;
  /** Schema of the field on the route for translations. Undefined when it is the same as `schema`. */
  readonly translation?: TSchema;
  /**
   * Feature that this server does not have, as a verb phrase for the error message, for example "recognize speakers".
   * If a client sends a value that does not match the schema, the client requests this feature.
   */
  readonly lacks?: string;
}

const { keywords, prompt } = transcriptionFields.properties;

export const otherFields = {
  task: {
    schema: Type.Literal("transcribe"),
    translation: Type.Literal("translate"),
    servers: "whisper-asr-webservice",
    meaning: "No effect: the route decides. `/v1/audio/translations` accepts only `translate`",
  },
  translate: {
    schema: Type.Literal(false),
    translation: Type.Literal(true),
    servers: "whisper.cpp, LocalAI",
    meaning: "No effect: the route decides. `/v1/audio/translations` accepts only `true`",
  },
  diarize: {
    schema: Type.Literal(false),
    servers: "whisper.cpp, LocalAI, whisper-asr-webservice",
    meaning: "No effect: transcripts do not name speakers",
    lacks: "recognize speakers",
  },
  word_timestamps: {
    schema: Type.Boolean(),
    servers: "whisper-asr-webservice",
    meaning: "`true`: adds `word` to `timestamp_granularities[]`",
  },
  vad_filter: {
    schema: Type.Boolean(),
    servers: "speaches, whisper-asr-webservice",
    meaning: "The same as `vad`: `true` is `on`, `false` is `off`",
  },
  hotwords: {
    schema: keywords,
    servers: "speaches, vLLM",
    meaning: "The same as `keywords[]`",
  },
  initial_prompt: {
    schema: prompt,
    servers: "whisper-asr-webservice",
    meaning: "The same as `prompt`",
  },
  temperature_inc: {
    schema: Type.Union([Type.Literal(0), Type.Literal(0.2)]),
    servers: "whisper.cpp",
    meaning:
      "`0` turns the retries of low-confidence results off, `0.2` turns them on; see `OPEN_ASR_TEMPERATURE_FALLBACK`",
    lacks: "use other steps of the temperature",
  },
  user: {
    schema: Type.String({ maxLength: 1024 }),
    servers: "OpenAI's other routes",
    meaning: "No effect: read and discarded",
  },
} as const satisfies Record<string, OtherField>;

export type OtherFields = {
  -readonly [Name in keyof typeof otherFields]?: Static<(typeof otherFields)[Name]["schema"]>;
};

/** TypeBox schemas of the requests and responses. The names of fields are those of OpenAI, in snake_case. */
import { type Static, Type } from "@sinclair/typebox";
import { errorKinds } from "../errors.ts";
import { type CueLimits, cueLimits } from "../transcript/cue-limits.ts";
import { responseFormats } from "../transcript/format.ts";
import { nullable } from "../ipc/nullable.ts";
import { type VadOptionName, vadOptionNames, vadOptions } from "../ipc/vad.ts";
import { snakeCase } from "../settings/vad.ts";

/** Members of the field `vad`. They are the options of `src/ipc/vad.ts` in snake_case. */
export const vadFields = Type.Object(
  Object.fromEntries(
    vadOptionNames.map((name) => [snakeCase(name), Type.Optional(vadField(name))]),
  ),
  { additionalProperties: false },
);

/** Fields of `POST /v1/audio/transcriptions`, except `file`. */
export const transcriptionFields = Type.Object(
  {
    model: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: "Id of a model from GET /v1/models. Default: the server's default model.",
      }),
    ),
    language: Type.Optional(
      Type.String({
        maxLength: 64,
        description:
          "Language of the speech: ISO 639 code, locale or English name; auto: detect it. Default: detected.",
      }),
    ),
    prompt: Type.Optional(
      Type.String({ description: "Text that precedes the audio: style, spelling, names." }),
    ),
    keywords: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        maxItems: 100,
        description: "Words and names to expect.",
      }),
    ),
    multilingual: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Extension of this server: detect the language again in each chunk of audio.",
      }),
    ),
    response_format: Type.Optional(
      Type.Union(
        responseFormats.map((format) => Type.Literal(format)),
        { default: "json" },
      ),
    ),
    temperature: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: 0,
        description:
          "0: beam search, with sampling only for low-confidence results. Above 0: sampling.",
      }),
    ),
    timestamp_granularities: Type.Optional(
      Type.Array(Type.Union([Type.Literal("word"), Type.Literal("segment")]), {
        default: ["segment"],
        description: "Which times verbose_json contains; other formats accept only segment.",
      }),
    ),
    stream: Type.Optional(
      Type.Literal(false, { description: "Streaming is not supported: true is rejected." }),
    ),
    max_line_width: Type.Optional(cueLimit("lineWidthMax")),
    max_line_count: Type.Optional(cueLimit("linesMax")),
    max_cue_seconds: Type.Optional(cueLimit("secondsMax")),
    vad: Type.Optional(
      Type.Union([Type.Literal("on"), Type.Literal("off"), vadFields], {
        description:
          "Extension of this server: voice activity detection, so that the model gets only speech. " +
          "An object enables it, and its values override the server's settings.",
      }),
    ),
  },
  { additionalProperties: false },
);

export type TranscriptionFields = Static<typeof transcriptionFields>;

const usage = Type.Object({
  type: Type.Literal("duration"),
  seconds: Type.Integer({ minimum: 0 }),
});

export const transcriptionJson = Type.Object({ text: Type.String(), usage });

export const transcriptionVerboseJson = Type.Object({
  task: Type.Literal("transcribe"),
  language: Type.String({
    description: 'English name in lower case; "unknown" when the audio has no speech',
  }),
  duration: Type.Number({ description: "Length of the audio in seconds" }),
  text: Type.String(),
  words: Type.Optional(
    Type.Array(Type.Object({ word: Type.String(), start: Type.Number(), end: Type.Number() })),
  ),
  segments: Type.Optional(
    Type.Array(
      Type.Object({
        id: Type.Integer(),
        seek: Type.Optional(Type.Integer()),
        start: Type.Number(),
        end: Type.Number(),
        text: Type.String(),
        tokens: Type.Optional(Type.Array(Type.Integer())),
        temperature: Type.Optional(Type.Number()),
        avg_logprob: Type.Optional(Type.Number()),
        compression_ratio: Type.Optional(Type.Number()),
        no_speech_prob: Type.Optional(Type.Number()),
      }),
    ),
  ),
  usage,
});

export const model = Type.Object({
  id: Type.String(),
  object: Type.Literal("model"),
  created: Type.Integer({ description: "Unix seconds" }),
  owned_by: Type.String(),
});

export type Model = Static<typeof model>;

export const modelList = Type.Object({ object: Type.Literal("list"), data: Type.Array(model) });

export type ModelList = Static<typeof modelList>;

export const about = Type.Object({
  name: Type.Literal("open-asr-server"),
  version: Type.String(),
  base_url: Type.String({ description: "The base URL to configure in clients of OpenAI's API" }),
  documentation: Type.String({ description: "URL of the description of all routes" }),
});

export type About = Static<typeof about>;

export const health = Type.Object({ status: Type.Literal("ok"), version: Type.String() });

export type Health = Static<typeof health>;

export const readiness = Type.Object({
  status: Type.Union([Type.Literal("loading"), Type.Literal("ready"), Type.Literal("stopping")]),
  version: Type.String(),
  restarting: Type.Integer({
    description: "Models whose process is being restarted; their requests wait",
  }),
});

export type Readiness = Static<typeof readiness>;

export const errorEnvelope = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: nullable(Type.String({ description: "The request field that caused the error" })),
    code: nullable(Type.Union(Object.keys(errorKinds).map((code) => Type.Literal(code)))),
  }),
});

export type ErrorEnvelope = Static<typeof errorEnvelope>;

// --- internal ---

function vadField(name: VadOptionName) {
  const { type, min, max, help, ...option } = vadOptions[name];
  const description = "derived" in option ? `${help}. Default: ${option.derived}.` : `${help}.`;
  const schema = { minimum: min, maximum: max, description };
  return type === "integer" ? Type.Integer(schema) : Type.Number(schema);
}

function cueLimit(name: keyof CueLimits) {
  const { type, min, max, fallback, help } = cueLimits[name];
  const description =
    `Extension of this server, for srt and vtt: ${lowerFirst(help)}. Without any of these limits each segment is one ` +
    `cue. Default when another limit is sent: ${fallback}.`;
  const schema = { minimum: min, maximum: max, description };
  return type === "integer" ? Type.Integer(schema) : Type.Number(schema);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The wire of this server as TypeBox schemas: what it takes, what it answers. OpenAI's names, in snake_case. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { errorKinds } from "../errors.ts";
import { responseFormats } from "../transcript/format.ts";
import { vadLimits } from "../ipc/vad.ts";

/** Members of the field `vad`. */
export const vadFields = Type.Object(
  {
    threshold: Type.Optional(
      Type.Number({
        ...between(vadLimits.threshold),
        description: "Speech begins at this probability.",
      }),
    ),
    neg_threshold: Type.Optional(
      Type.Number({
        ...between(vadLimits.negThreshold),
        description: "Silence begins below this probability; without it, 0.15 under the threshold.",
      }),
    ),
    peak_threshold: Type.Optional(
      Type.Number({
        ...between(vadLimits.peakThreshold),
        description:
          "Speech reaches this probability somewhere, which noise and music seldom do; without it, " +
          "0.45 over the threshold, but at most 0.95.",
      }),
    ),
    min_speech_ms: Type.Optional(
      Type.Integer({
        ...between(vadLimits.minSpeechMs),
        description: "Speech is longer than this; what is shorter counts as noise.",
      }),
    ),
    min_silence_ms: Type.Optional(
      Type.Integer({
        ...between(vadLimits.minSilenceMs),
        description: "Silence as long as this parts speech from speech.",
      }),
    ),
    speech_pad_ms: Type.Optional(
      Type.Integer({
        ...between(vadLimits.speechPadMs),
        description: "Kept before and behind speech, where words begin and fade.",
      }),
    ),
    max_speech_s: Type.Optional(
      Type.Number({
        ...between(vadLimits.maxSpeechS),
        description:
          "Longest speech that is decoded at once, cut in its deepest pause; " +
          "never more than the model takes.",
      }),
    ),
  },
  { additionalProperties: false },
);

/** Fields of `POST /v1/audio/transcriptions`, `file` apart. */
export const transcriptionFields = Type.Object(
  {
    model: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: "Model to use; one of GET /v1/models. Without it, the server's default model.",
      }),
    ),
    language: Type.Optional(
      Type.String({
        maxLength: 64,
        description: "Language of the speech: ISO 639-1 code or English name. Else it is detected.",
      }),
    ),
    prompt: Type.Optional(
      Type.String({ description: "Text that precedes the audio: style, spelling, names." }),
    ),
    keywords: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        maxItems: 100,
        description: "Words and names to listen for.",
      }),
    ),
    multilingual: Type.Optional(
      Type.Boolean({
        default: false,
        description: "An extension of this server: the language is detected anew as it changes.",
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
        description: "0 searches, and samples only where the result looks wrong; above 0 samples.",
      }),
    ),
    timestamp_granularities: Type.Optional(
      Type.Array(Type.Union([Type.Literal("word"), Type.Literal("segment")]), {
        default: ["segment"],
        description: "What verbose_json gives times of.",
      }),
    ),
    stream: Type.Optional(
      Type.Literal(false, { description: "The answer comes whole; streaming is refused." }),
    ),
    vad: Type.Optional(
      Type.Union([Type.Literal("on"), Type.Literal("off"), vadFields], {
        description:
          "An extension of this server: voice activity, which keeps silence and noise from the " +
          "model. An object means on, with these values instead of the server's.",
      }),
    ),
  },
  { additionalProperties: false },
);

export type TranscriptionFields = Static<typeof transcriptionFields>;

export const transcriptionRequest = Type.Composite(
  [
    transcriptionFields,
    Type.Object({
      file: Type.String({
        contentMediaType: "application/octet-stream",
        description:
          "The audio: wav, flac, mp3, mp2, m4a, mp4, mov, mkv, webm, ogg, aac, aiff, caf or au, told by its content.",
      }),
    }),
  ],
  { additionalProperties: false },
);

const usage = Type.Object({
  type: Type.Literal("duration"),
  seconds: Type.Integer({ minimum: 0 }),
});

export const transcriptionJson = Type.Object({ text: Type.String(), usage });

export const transcriptionVerboseJson = Type.Object({
  task: Type.Literal("transcribe"),
  language: Type.String({
    description: 'English name in lower case; "unknown" when there is none',
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

export const health = Type.Object({ status: Type.Literal("ok"), version: Type.String() });

export type Health = Static<typeof health>;

export const readiness = Type.Object({
  status: Type.Union([Type.Literal("loading"), Type.Literal("ready"), Type.Literal("stopping")]),
  version: Type.String(),
  restarting: Type.Integer({
    description: "Models whose process died and is being replaced; requests for them wait",
  }),
});

export type Readiness = Static<typeof readiness>;

export const errorEnvelope = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: nullable(Type.String({ description: "The field at fault" })),
    code: nullable(Type.Union(Object.keys(errorKinds).map((code) => Type.Literal(code)))),
  }),
});

export type ErrorEnvelope = Static<typeof errorEnvelope>;

// --- internal ---

function between({ min, max }: { readonly min: number; readonly max: number }) {
  return { minimum: min, maximum: max };
}

function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

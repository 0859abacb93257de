/**
 * Defines the TypeBox schemas of the requests and responses. The names of fields are those of OpenAI, in snake_case.
 */
import { type Static, Type } from "@sinclair/typebox";
import { errorKinds } from "../errors.ts";
import { responseFormats } from "../transcript/format.ts";
import { nullable } from "../ipc/nullable.ts";
import { audioTrackMax, beamSizeMax, encoderWindows } from "../ipc/options.ts";
import { vadOptionNames } from "../ipc/vad.ts";
import { deadlineSMax } from "../jobs/requested-deadline.ts";
import { snakeCase } from "../settings/vad.ts";
import { channelField, channelNumber, cueLimit, extension, vadField } from "./extension-schemas.ts";

/** Schema of the field `vad`. Its members are the options of `src/ipc/vad.ts` in snake_case. */
export const vadFields = Type.Object(
  Object.fromEntries(
    vadOptionNames.map((name) => [snakeCase(name), Type.Optional(vadField(name))]),
  ),
  { additionalProperties: false },
);

/** Schema of the field `chunking_strategy` when it is an object. */
export const serverVad = Type.Object(
  {
    type: Type.Literal("server_vad"),
    prefix_padding_ms: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 2000, description: "The same as vad.speech_pad_ms" }),
    ),
    silence_duration_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        description:
          "The same as vad.min_silence_ms; a value below the server's own changes nothing",
      }),
    ),
    threshold: Type.Optional(
      Type.Number({ minimum: 0.01, maximum: 1, description: "The same as vad.threshold" }),
    ),
  },
  { additionalProperties: false },
);

/**
 * Maximum number of seconds that a model stays loaded after a request: one week. It must be below 24 days, which is the
 * longest time that a timer can wait.
 */
const keepAliveSMax = 7 * 24 * 3600;

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
          "Language of the speech: ISO 639 code, locale, English or native name; auto: detect it. Default: detected.",
      }),
    ),
    prompt: Type.Optional(
      Type.String({ description: "Text that precedes the audio: style, spelling, names." }),
    ),
    keywords: Type.Optional(
      Type.Array(Type.String({ maxLength: 200 }), {
        maxItems: 100,
        description: "Words and names to expect. Empty items count as absent.",
      }),
    ),
    languages: Type.Optional(
      Type.Array(Type.String({ maxLength: 64 }), {
        maxItems: 100,
        description:
          "Languages of the speech: detection chooses from them. As in `language`. Empty items count as absent.",
      }),
    ),
    include: Type.Optional(
      Type.Array(Type.Literal("logprobs"), {
        maxItems: 10,
        description: "logprobs: the log-probability of each token, for response_format json.",
      }),
    ),
    chunking_strategy: Type.Optional(
      Type.Union([Type.Literal("auto"), serverVad], {
        description:
          "How speech is separated from silence. auto: as the server does. server_vad: with these values. Cannot be " +
          "combined with vad.",
      }),
    ),
    multilingual: Type.Optional(
      Type.Boolean({
        default: false,
        ...extension("detect the language again in each chunk of audio."),
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
    beam_size: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: beamSizeMax,
        ...extension(
          "number of beams at temperature 0; 1 is fastest. Default: the server's setting.",
        ),
      }),
    ),
    encoder_window: Type.Optional(
      Type.Union(
        encoderWindows.map((name) => Type.Literal(name)),
        extension(
          "auto shortens the 30 s window of Whisper for short audio; full never shortens it. Default: the server's " +
            "setting.",
        ),
      ),
    ),
    timestamp_granularities: Type.Optional(
      Type.Array(Type.Union([Type.Literal("word"), Type.Literal("segment")]), {
        default: ["segment"],
        description: "Which times verbose_json contains; other formats accept only segment.",
      }),
    ),
    keep_alive: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: keepAliveSMax,
        ...extension(
          "seconds that the model stays in memory after this request when no other request uses it, at most as long " +
            "as the server's own setting. 0 unloads it at once. Preloaded models stay.",
        ),
      }),
    ),
    deadline_seconds: Type.Optional(
      Type.Number({
        minimum: 0.1,
        maximum: deadlineSMax,
        ...extension(
          "seconds after the arrival of the request in which the transcript is needed. The request is served before " +
            "requests with later deadlines or none, and fails with deadline_exceeded when it cannot end in time. The " +
            "server's own time limit still applies.",
        ),
      }),
    ),
    stream: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "true: server-sent events, with text while the audio is transcribed; for the formats json and text, and " +
          "as an extension for verbose_json.",
      }),
    ),
    audio_track: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Integer({ minimum: 1, maximum: audioTrackMax })], {
        default: "auto",
        ...extension(
          "number of the audio track to transcribe, from 1. auto: the best track in which voice activity detection " +
            "finds speech.",
        ),
      }),
    ),
    channel: Type.Optional(channelField),
    max_line_width: Type.Optional(cueLimit("lineWidthMax")),
    max_line_count: Type.Optional(cueLimit("linesMax")),
    max_cue_seconds: Type.Optional(cueLimit("secondsMax")),
    vad: Type.Optional(
      Type.Union(
        [Type.Literal("on"), Type.Literal("off"), vadFields],
        extension(
          "voice activity detection, so that the model gets only speech. An object enables it, and its values " +
            "override the server's settings.",
        ),
      ),
    ),
  },
  { additionalProperties: false },
);

export type TranscriptionFields = Static<typeof transcriptionFields>;

/** Fields of `POST /v1/audio/translations`, except `file`. */
export const translationFields = Type.Composite(
  [
    Type.Omit(transcriptionFields, [
      "language",
      "prompt",
      "keywords",
      "timestamp_granularities",
      "stream",
      "languages",
      "include",
      "chunking_strategy",
    ]),
    Type.Object({
      language: Type.Optional({
        ...transcriptionFields.properties.language,
        ...extension(transcriptionFields.properties.language.description ?? ""),
      }),
      prompt: Type.Optional(
        Type.String({
          description: "English text that precedes the audio: style, spelling, names.",
        }),
      ),
    }),
  ],
  { additionalProperties: false },
);

export const usage = Type.Object({
  type: Type.Literal("duration"),
  seconds: Type.Integer({ minimum: 0 }),
});

export const logprobs = Type.Optional(
  Type.Array(
    Type.Object({
      token: Type.String(),
      logprob: Type.Number({ description: "Natural logarithm of the probability" }),
      bytes: Type.Array(Type.Integer(), { description: "A character may span several tokens" }),
    }),
    { description: "The tokens of the text, when include[] has logprobs" },
  ),
);

export const tokenUsage = Type.Object({
  type: Type.Literal("tokens"),
  input_tokens: Type.Integer(),
  input_token_details: Type.Object({
    text_tokens: Type.Integer({ description: "Tokens of the prompt and the keywords" }),
    audio_tokens: Type.Integer({ description: "Frames that the encoder of the model processed" }),
  }),
  output_tokens: Type.Integer({ description: "Tokens of the segments" }),
  total_tokens: Type.Integer(),
});

export const languages = Type.Optional(
  Type.Array(Type.Object({ code: Type.String() }), {
    description: "For the model name gpt-transcribe, and for requests with languages[]",
  }),
);

export const transcriptionJson = Type.Object({
  text: Type.String(),
  languages,
  logprobs,
  usage: Type.Union([usage, tokenUsage], { description: "In tokens for the model names gpt-..." }),
});

export const verboseWord = Type.Object({
  word: Type.String(),
  start: Type.Number(),
  end: Type.Number(),
  channel: channelNumber,
});

export const verboseSegment = Type.Object({
  id: Type.Integer(),
  seek: Type.Integer({
    description: "Start of the audio that the segment was decoded from, in units of 10 ms",
  }),
  start: Type.Number(),
  end: Type.Number(),
  channel: channelNumber,
  text: Type.String(),
  tokens: Type.Array(Type.Integer(), { description: "Ids of the model's tokens" }),
  temperature: Type.Number(),
  avg_logprob: Type.Optional(
    Type.Number({ description: "Absent when the model computes no probabilities" }),
  ),
  compression_ratio: Type.Number(),
  no_speech_prob: Type.Optional(
    Type.Number({
      description:
        "Absent when a model other than Whisper transcribes without voice activity detection",
    }),
  ),
});

export const transcriptionVerboseJson = Type.Object({
  task: Type.Literal("transcribe"),
  language: Type.String({
    description: 'English name in lower case; "unknown" when the audio has no speech',
  }),
  duration: Type.Number({ description: "Length of the audio in seconds" }),
  audio_track: Type.Optional(
    Type.Integer(
      extension("number of the transcribed audio track; absent when the file has only one"),
    ),
  ),
  text: Type.String(),
  words: Type.Optional(Type.Array(verboseWord)),
  segments: Type.Optional(Type.Array(verboseSegment)),
  usage,
});

export const translationJson = Type.Object({ text: Type.String() });

export const translationVerboseJson = Type.Composite([
  Type.Omit(transcriptionVerboseJson, ["task", "language", "words", "usage"]),
  Type.Object({
    task: Type.Literal("translate"),
    language: Type.Literal("english", { description: "The language of the text" }),
  }),
]);

export const model = Type.Object({
  id: Type.String(),
  object: Type.Literal("model"),
  created: Type.Integer({ description: "Unix seconds" }),
  owned_by: Type.String(),
  root: Type.Optional(
    Type.String(
      extension(
        "id of the model that the name `id` selects. Absent for a model that its first use downloads.",
      ),
    ),
  ),
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

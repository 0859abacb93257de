/** Defines the TypeBox schemas of the events of a streamed transcription. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import type { Task } from "../transcript/transcript.ts";
import { channelNumber, extension } from "./extension-schemas.ts";
import {
  languages,
  logprobs,
  tokenUsage,
  transcriptionVerboseJson,
  usage,
  verboseSegment,
  verboseWord,
} from "./schema.ts";

/** Event of a streamed transcription with the text of one segment. */
export const transcriptDelta = Type.Object({
  type: Type.Literal("transcript.text.delta"),
  delta: Type.String({ description: "The deltas joined are the text of the last event" }),
  channel: channelNumber,
  segment: Type.Optional(onlyVerbose(Type.Unsafe<object>(verboseSegment), "the segment")),
  logprobs,
});

export type TranscriptDelta = Static<typeof transcriptDelta>;

/** Event of a streamed transcription with its progress. */
export const transcriptProgress = Type.Object(
  {
    type: Type.Literal("transcript.progress"),
    done: Type.Number({ minimum: 0, description: "Seconds of the audio that are transcribed" }),
    duration: Type.Optional(
      Type.Number({ description: "Length of the audio in seconds; absent while it is unknown" }),
    ),
    time_left: Type.Optional(
      Type.Number({
        minimum: 0,
        description:
          "Estimated seconds until the transcript is complete, from the measured speed and the queue; absent before the " +
          "first measurement",
      }),
    ),
  },
  extension("progress of the transcription, for response_format verbose_json"),
);

export type TranscriptProgress = Static<typeof transcriptProgress>;

/** Last event of a streamed transcription. */
export const transcriptDone = Type.Object({
  type: Type.Literal("transcript.text.done"),
  text: Type.String({ description: "The whole text" }),
  audio_track: transcriptionVerboseJson.properties.audio_track,
  languages,
  logprobs,
  usage: Type.Optional(Type.Union([tokenUsage, usage])),
  task: Type.Optional(onlyVerbose(Type.Unsafe<Task>(Type.Literal("transcribe")), "the task")),
  language: Type.Optional(
    onlyVerbose(transcriptionVerboseJson.properties.language, "name of the language"),
  ),
  duration: Type.Optional(onlyVerbose(Type.Number(), "length of the audio in seconds")),
  words: Type.Optional(
    onlyVerbose(Type.Unsafe<readonly object[]>(Type.Array(verboseWord)), "the words with times"),
  ),
  segments: Type.Optional(
    onlyVerbose(Type.Unsafe<readonly object[]>(Type.Array(verboseSegment)), "the segments"),
  ),
});

export type TranscriptDone = Static<typeof transcriptDone>;

// --- internal ---

/** Marks a member of an event that only a stream of the format verbose_json has. */
function onlyVerbose<T extends TSchema>(schema: T, what: string): T {
  return { ...schema, ...extension(`${what}, for response_format verbose_json`) };
}

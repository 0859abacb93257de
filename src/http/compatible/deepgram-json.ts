/** Writes a transcript as Deepgram's response for a recording. */
import { bareWord, seconds } from "../../transcript/format.ts";
import type { Segment, Transcript, Word } from "../../transcript/transcript.ts";
import { wordsBySegment } from "../../transcript/words-by-segment.ts";
import type { AnswerFacts } from "../audio-contract.ts";

export interface DeepgramFacts extends AnswerFacts {
  readonly hasUtterances: boolean;
  /** Whether the response names the detected language. */
  readonly hasLanguage: boolean;
  /** Whether the response contains the hash of the audio. */
  readonly hasHash: boolean;
}

export function deepgramJson(transcript: Transcript, facts: DeepgramFacts): object {
  const spoken = spokenSegments(transcript);
  const channels = Math.max(facts.channels, ...spoken.map(({ channel }) => channel + 1));
  return {
    metadata: metadata(transcript, facts, channels),
    results: {
      channels: Array.from({ length: channels }, (_, channel) => ({
        alternatives: [alternative(spoken.filter((one) => one.channel === channel))],
        ...(facts.hasLanguage ? { detected_language: transcript.language ?? undefined } : {}),
      })),
      ...(facts.hasUtterances ? { utterances: spoken.map(utterance) } : {}),
    },
  };
}

// --- internal ---

interface Spoken {
  /** Number of the channel, from 0 as in Deepgram's API. */
  readonly channel: number;
  readonly segment: Segment;
  /** Null if the model returns no word times. */
  readonly words: readonly Word[] | null;
}

function spokenSegments(transcript: Transcript): Spoken[] {
  const words = wordsBySegment(transcript);
  return transcript.segments.map((segment, index) => ({
    channel: (segment.channel ?? 1) - 1,
    segment,
    words: words?.[index] ?? null,
  }));
}

function metadata({ durationS }: Transcript, facts: DeepgramFacts, channels: number): object {
  const { requestId, sha256, model, hasHash } = facts;
  return {
    request_id: requestId,
    ...(hasHash ? { sha256 } : {}),
    created: new Date().toISOString(),
    duration: seconds(durationS),
    channels,
    ...(model === null
      ? {}
      : {
          models: [model.id],
          model_info: { [model.id]: { name: model.id, arch: model.backend } },
        }),
  };
}

function alternative(spoken: readonly Spoken[]): object {
  return {
    transcript: spoken.map(({ segment }) => segment.text.trim()).join(" "),
    confidence: confidenceOf(spoken.map(({ segment }) => segment)),
    ...(spoken.some(({ words }) => words === null)
      ? {}
      : { words: spoken.flatMap(({ words }) => words ?? []).map(wireWord) }),
  };
}

function utterance({ channel, segment, words }: Spoken): object {
  return {
    start: seconds(segment.startS),
    end: seconds(segment.endS),
    confidence: confidenceOf([segment]),
    channel,
    transcript: segment.text.trim(),
    ...(words === null ? {} : { words: words.map(wireWord) }),
    id: crypto.randomUUID(),
  };
}

/**
 * Returns the mean probability of the tokens: the exponential of the mean log-probability. Undefined if a segment has
 * no probabilities, and if there is no segment.
 */
function confidenceOf(segments: readonly Segment[]): number | undefined {
  let sum = 0;
  let tokens = 0;
  for (const { avgLogprob, tokens: ids } of segments) {
    if (avgLogprob === undefined) return undefined;
    sum += avgLogprob * ids.length;
    tokens += ids.length;
  }
  return tokens === 0 ? undefined : Math.round(Math.exp(sum / tokens) * 1e6) / 1e6;
}

/** Returns a word. As in Deepgram's responses, `word` has lower case and no punctuation. */
function wireWord({ text, startS, endS }: Word): object {
  return {
    word: bareWord(text).toLowerCase(),
    start: seconds(startS),
    end: seconds(endS),
    punctuated_word: text.trim(),
  };
}

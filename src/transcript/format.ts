/** Renders a transcript as json, text, srt, vtt, verbose_json or tsv. */
import { withChannel } from "./channels.ts";
import type { CueLimits } from "./cue-limits.ts";
import { cutCues } from "./cues.ts";
import { languageName } from "./languages.ts";
import {
  clock,
  milliseconds,
  oneLine,
  segmentCues,
  subRip,
  type SubtitleCue,
  webVtt,
} from "./subtitles.ts";
import type { Segment, Transcript, Word } from "./transcript.ts";
import { usageOf } from "./usage.ts";

export type Granularity = "segment" | "word";

export interface Format {
  readonly contentType: string;
  /** File name extension of output files. */
  readonly extension: string;
  /** Whether a response in this format may start with spaces. This is the case if spaces do not change the meaning. */
  readonly allowsSpaces: boolean;
  /**
   * Renders the transcript. Only verbose_json uses `granularities`. Only json uses `extras`. Only srt and vtt use
   * `limits`. If `limits` is null, each segment is one cue.
   */
  readonly render: (
    transcript: Transcript,
    granularities: ReadonlySet<Granularity>,
    limits?: CueLimits | null,
    extras?: JsonExtras,
  ) => string;
}

/** Options for some fields of OpenAI's json format. The model determines whether a response contains these fields. */
export interface JsonExtras {
  /** Whether the usage counts tokens instead of seconds. */
  readonly usageInTokens: boolean;
  /** Whether the response contains a list of the spoken languages. */
  readonly languages: boolean;
}

export const responseFormats = ["json", "text", "srt", "vtt", "verbose_json"] as const;

export type ResponseFormat = (typeof responseFormats)[number];

/** Formats of output files: the formats of responses, and the tab-separated values of OpenAI's `whisper` command. */
export const fileFormats = [...responseFormats, "tsv"] as const;

export type FileFormat = (typeof fileFormats)[number];

/** Returns whether the format consists of subtitle cues. */
export function hasCues(format: FileFormat): boolean {
  return format === "srt" || format === "vtt";
}

export const formats: Readonly<Record<FileFormat, Format>> = {
  json: {
    contentType: "application/json",
    extension: "json",
    allowsSpaces: true,
    render: (transcript, _granularities, _limits, extras) =>
      JSON.stringify({
        text: transcript.text,
        ...(extras?.languages === true ? { languages: wireLanguages(transcript) } : {}),
        logprobs: wireLogprobs(transcript.segments),
        ...usageOf("json", transcript, extras?.usageInTokens === true),
      }),
  },
  text: {
    contentType: "text/plain; charset=utf-8",
    extension: "txt",
    allowsSpaces: false,
    render: (transcript) => transcript.text,
  },
  srt: {
    contentType: "text/plain; charset=utf-8",
    extension: "srt",
    allowsSpaces: false,
    render: (transcript, _granularities, limits) => subRip(cues(transcript, limits)),
  },
  vtt: {
    contentType: "text/vtt; charset=utf-8",
    extension: "vtt",
    allowsSpaces: false,
    render: (transcript, _granularities, limits) => webVtt(cues(transcript, limits)),
  },
  verbose_json: {
    contentType: "application/json",
    extension: "json",
    allowsSpaces: true,
    render: (transcript, granularities) => JSON.stringify(verboseJson(transcript, granularities)),
  },
  tsv: {
    contentType: "text/tab-separated-values; charset=utf-8",
    extension: "tsv",
    allowsSpaces: false,
    render: (transcript) =>
      ["start\tend\ttext\n", ...segmentCues(transcript.segments).map(tsvRow)].join(""),
  },
};

/** Returns a segment as a line of text with times. People read this line. */
export function timedLine({ startS, endS, text, channel }: Segment): string {
  const times = `${clock(milliseconds(startS), ".")} --> ${clock(milliseconds(endS), ".")}`;
  return `[${times}] ${withChannel(oneLine(text), channel)}`;
}

/**
 * Returns the field `logprobs` of OpenAI's responses. Undefined if the segments have no log-probabilities. If a token
 * is only a part of a character, its text contains a replacement character.
 */
export function wireLogprobs(segments: readonly Segment[]): WireLogprob[] | undefined {
  if (segments.every(({ logprobs }) => logprobs === undefined)) return undefined;
  return segments.flatMap(({ logprobs = [] }) =>
    logprobs.map(({ bytes, logprob }) => ({
      token: new TextDecoder().decode(Uint8Array.from(bytes)),
      logprob,
      bytes: [...bytes],
    })),
  );
}

/** Returns a list with the language of the speech. The list is empty if the language is unknown. */
export function wireLanguages({ language }: Transcript): { code: string }[] {
  return language === null ? [] : [{ code: language }];
}

export interface WireLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: number[];
}

/** Returns the response of the format verbose_json. */
export function verboseJson(transcript: Transcript, granularities: ReadonlySet<Granularity>) {
  const { task, durationS, audioTrack, text, words, segments } = transcript;
  return {
    task,
    language: languageOf(transcript),
    duration: seconds(durationS),
    ...(audioTrack === undefined ? {} : { audio_track: audioTrack }),
    text,
    ...(granularities.has("word") ? { words: (words ?? []).map(wireWord) } : {}),
    ...(granularities.has("segment") ? { segments: segments.map(wireSegment) } : {}),
    ...usageOf("verbose_json", transcript, false),
  };
}

/** Returns a segment for JSON. If a field is undefined, JSON omits it. */
export function wireSegment(segment: Segment): object {
  return {
    id: segment.id,
    seek: Math.round(segment.seekS * 100),
    start: seconds(segment.startS),
    end: seconds(segment.endS),
    channel: segment.channel,
    text: segment.text,
    tokens: segment.tokens,
    temperature: segment.temperature,
    avg_logprob: segment.avgLogprob,
    compression_ratio: segment.compressionRatio,
    no_speech_prob: segment.noSpeechProb,
  };
}

/** Rounds a time to milliseconds to hide floating-point noise. */
export function seconds(timeS: number): number {
  return milliseconds(timeS) / 1000;
}

/** Returns a word without the punctuation around it, unless it consists only of punctuation. */
export function bareWord(word: string): string {
  const text = word.trim();
  const bare = text.replace(/^\p{P}+|\p{P}+$/gu, "");
  return bare === "" ? text : bare;
}

// --- internal ---

/** Returns the English name of the language in which the transcript is written. */
function languageOf({ task, language }: Transcript): string {
  if (task === "translate") return "english";
  return language === null ? "unknown" : languageName(language);
}

/**
 * Returns a word for JSON. As in OpenAI's responses, words have no punctuation at their start and end. The text of
 * segments keeps its punctuation.
 */
function wireWord({ text, startS, endS, channel }: Word): object {
  return { word: bareWord(text), start: seconds(startS), end: seconds(endS), channel };
}

/** Returns the cues of the transcript. The text of a cue has no blank lines, because a blank line would end the cue. */
function cues(transcript: Transcript, limits: CueLimits | null = null): SubtitleCue[] {
  if (limits === null) return segmentCues(transcript.segments);
  return cutCues(transcript, limits).map(({ startS, endS, lines, channel }) => ({
    startMs: milliseconds(startS),
    endMs: milliseconds(endS),
    text: lines.join("\n"),
    channel,
  }));
}

function tsvRow({ startMs, endMs, text, channel }: SubtitleCue): string {
  return `${startMs}\t${endMs}\t${withChannel(text, channel)}\n`;
}

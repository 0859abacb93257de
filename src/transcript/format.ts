/** Renders a transcript as json, text, srt, vtt, verbose_json or tsv. */
import { channelName, withChannel } from "./channels.ts";
import type { CueLimits } from "./cue-limits.ts";
import { cutCues } from "./cues.ts";
import { languageName } from "./languages.ts";
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
    render: (transcript, _granularities, limits) => cues(transcript, limits).map(srtCue).join(""),
  },
  vtt: {
    contentType: "text/vtt; charset=utf-8",
    extension: "vtt",
    allowsSpaces: false,
    render: (transcript, _granularities, limits) =>
      ["WEBVTT\n", ...cues(transcript, limits).map(vttCue)].join("\n"),
  },
  verbose_json: {
    contentType: "application/json",
    extension: "json",
    allowsSpaces: true,
    render: (transcript, granularities) => JSON.stringify(verbose(transcript, granularities)),
  },
  tsv: {
    contentType: "text/tab-separated-values; charset=utf-8",
    extension: "tsv",
    allowsSpaces: false,
    render: (transcript) => ["start\tend\ttext\n", ...segmentCues(transcript).map(tsvRow)].join(""),
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

/** Returns the text without line breaks and repeated spaces. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Rounds a time to milliseconds to hide floating-point noise. */
export function seconds(timeS: number): number {
  return Math.round(timeS * 1000) / 1000;
}

// --- internal ---

function verbose(transcript: Transcript, granularities: ReadonlySet<Granularity>): object {
  return {
    task: transcript.task,
    language: languageOf(transcript),
    duration: seconds(transcript.durationS),
    audio_track: transcript.audioTrack,
    text: transcript.text,
    ...(granularities.has("word") ? { words: (transcript.words ?? []).map(wireWord) } : {}),
    ...(granularities.has("segment") ? { segments: transcript.segments.map(wireSegment) } : {}),
    ...usageOf("verbose_json", transcript, false),
  };
}

/** Returns the English name of the language in which the transcript is written. */
function languageOf({ task, language }: Transcript): string {
  if (task === "translate") return "english";
  return language === null ? "unknown" : languageName(language);
}

/**
 * Returns a word for JSON. As in OpenAI's responses, words have no punctuation at their start and end. The text of
 * segments keeps its punctuation.
 */
function wireWord(word: Word): object {
  const text = word.text.trim();
  const bare = text.replace(/^\p{P}+|\p{P}+$/gu, "");
  const { startS, endS, channel } = word;
  return { word: bare === "" ? text : bare, start: seconds(startS), end: seconds(endS), channel };
}

/** Returns a segment for JSON. If a field is undefined, JSON omits it. */
function wireSegment(segment: Segment): object {
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

interface Cue {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** Number of the channel; undefined unless each channel was transcribed on its own. */
  readonly channel: number | undefined;
}

/** Returns the cues of the transcript. The text of a cue has no blank lines, because a blank line would end the cue. */
function cues(transcript: Transcript, limits: CueLimits | null = null): Cue[] {
  if (limits === null) return inOrder(segmentCues(transcript));
  return inOrder(
    cutCues(transcript, limits).map(({ startS, endS, lines, channel }) => ({
      startMs: milliseconds(startS),
      endMs: milliseconds(endS),
      text: lines.join("\n"),
      channel,
    })),
  );
}

/**
 * Changes the times of cues so that no cue starts before the end of the previous cue, and each cue ends after its own
 * start. Without this, players would skip some cues. The cues of different channels may overlap, because two people
 * may speak at the same time.
 */
function inOrder(cut: readonly Cue[]): Cue[] {
  const lastMs = new Map<number | undefined, number>();
  return cut.map((cue) => {
    const startMs = Math.max(cue.startMs, lastMs.get(cue.channel) ?? 0);
    const endMs = Math.max(cue.endMs, startMs + 1);
    lastMs.set(cue.channel, endMs);
    return { ...cue, startMs, endMs };
  });
}

/** Returns one cue of one line for each segment with text. */
function segmentCues(transcript: Transcript): Cue[] {
  return transcript.segments
    .map(({ startS, endS, text, channel }) => ({
      startMs: milliseconds(startS),
      endMs: milliseconds(endS),
      text: oneLine(text),
      channel,
    }))
    .filter(({ text }) => text !== "");
}

function milliseconds(timeS: number): number {
  return Math.round(timeS * 1000);
}

function tsvRow({ startMs, endMs, text, channel }: Cue): string {
  return `${startMs}\t${endMs}\t${withChannel(text, channel)}\n`;
}

/**
 * Renders a cue of SubRip. Replaces "-->" in the text, because a line with "-->" would be parsed as a line of times.
 * SubRip has no escape for it.
 */
function srtCue({ startMs, endMs, text, channel }: Cue, index: number): string {
  const times = `${clock(startMs, ",")} --> ${clock(endMs, ",")}`;
  return `${index + 1}\n${times}\n${withChannel(text.replaceAll("-->", "→"), channel)}\n\n`;
}

/** Renders a cue of WebVTT. A voice tag contains the name of the channel. */
function vttCue({ startMs, endMs, text, channel }: Cue): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const voice = channel === undefined ? "" : `<v ${channelName(channel)}>`;
  return `${clock(startMs, ".")} --> ${clock(endMs, ".")}\n${voice}${escaped}\n`;
}

/**
 * Formats a time as hh:mm:ss and milliseconds. The time is a whole number of milliseconds, so that it is rounded only
 * once. To round it twice could cause an error of 1 ms.
 */
function clock(timeMs: number, separator: "," | "."): string {
  const pad = (value: number, width: number) => String(Math.floor(value)).padStart(width, "0");
  const hours = pad(timeMs / 3_600_000, 2);
  const minutes = pad((timeMs / 60_000) % 60, 2);
  return `${hours}:${minutes}:${pad((timeMs / 1000) % 60, 2)}${separator}${pad(timeMs % 1000, 3)}`;
}

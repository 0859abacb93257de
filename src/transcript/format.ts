/** Renders a transcript as json, text, srt, vtt, verbose_json or tsv. */
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
  /** Whether spaces may precede the text in a response, because they do not change its meaning. */
  readonly allowsSpaces: boolean;
  /**
   * Renders the transcript. Only verbose_json uses `granularities`. Only srt and vtt use `limits`; if it is null, each
   * segment is one cue. Only json uses `extras`.
   */
  readonly render: (
    transcript: Transcript,
    granularities: ReadonlySet<Granularity>,
    limits?: CueLimits | null,
    extras?: JsonExtras,
  ) => string;
}

/** Options for the fields of OpenAI's json format that depend on the model. */
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

/** Returns a segment as a line of text with its times, for output that people read. */
export function timedLine({ startS, endS, text }: Segment): string {
  const times = `${clock(milliseconds(startS), ".")} --> ${clock(milliseconds(endS), ".")}`;
  return `[${times}] ${oneLine(text)}`;
}

/**
 * Returns OpenAI's `logprobs`; undefined if the segments have none. If a token is only a part of a character, its text
 * contains a replacement character.
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

/** Returns the language of the speech in a list; an empty list if the language is null. */
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

// --- internal ---

function verbose(transcript: Transcript, granularities: ReadonlySet<Granularity>): object {
  return {
    task: transcript.task,
    language: languageOf(transcript),
    duration: seconds(transcript.durationS),
    text: transcript.text,
    ...(granularities.has("word") ? { words: (transcript.words ?? []).map(wireWord) } : {}),
    ...(granularities.has("segment") ? { segments: transcript.segments.map(wireSegment) } : {}),
    ...usageOf("verbose_json", transcript, false),
  };
}

/** Returns the name of the language of the text. */
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
  return { word: bare === "" ? text : bare, start: seconds(word.startS), end: seconds(word.endS) };
}

/** Returns a segment for JSON. JSON omits fields that are undefined. */
function wireSegment(segment: Segment): object {
  return {
    id: segment.id,
    seek: Math.round(segment.seekS * 100),
    start: seconds(segment.startS),
    end: seconds(segment.endS),
    text: segment.text,
    tokens: segment.tokens,
    temperature: segment.temperature,
    avg_logprob: segment.avgLogprob,
    compression_ratio: segment.compressionRatio,
    no_speech_prob: segment.noSpeechProb,
  };
}

/** Rounds a time to milliseconds to hide floating-point noise. */
function seconds(timeS: number): number {
  return Math.round(timeS * 1000) / 1000;
}

interface Cue {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

/** Returns the cues of the transcript. The text of a cue has no blank lines, because a blank line would end the cue. */
function cues(transcript: Transcript, limits: CueLimits | null = null): Cue[] {
  if (limits === null) return inOrder(segmentCues(transcript));
  return inOrder(
    cutCues(transcript, limits).map(({ startS, endS, lines }) => ({
      startMs: milliseconds(startS),
      endMs: milliseconds(endS),
      text: lines.join("\n"),
    })),
  );
}

/**
 * Changes the times of cues so that each cue starts at or after the end of the previous cue and ends after its own
 * start. Players skip other cues.
 */
function inOrder(cut: readonly Cue[]): Cue[] {
  let lastMs = 0;
  return cut.map((cue) => {
    const startMs = Math.max(cue.startMs, lastMs);
    lastMs = Math.max(cue.endMs, startMs + 1);
    return { ...cue, startMs, endMs: lastMs };
  });
}

/** Returns one cue of one line for each segment with text. */
function segmentCues(transcript: Transcript): Cue[] {
  return transcript.segments
    .map(({ startS, endS, text }) => ({
      startMs: milliseconds(startS),
      endMs: milliseconds(endS),
      text: oneLine(text),
    }))
    .filter(({ text }) => text !== "");
}

function milliseconds(timeS: number): number {
  return Math.round(timeS * 1000);
}

function tsvRow({ startMs, endMs, text }: Cue): string {
  return `${startMs}\t${endMs}\t${text}\n`;
}

/**
 * Renders a cue of SubRip. Replaces "-->" in the text, because SubRip has no escapes and would parse the text as a line
 * of times.
 */
function srtCue({ startMs, endMs, text }: Cue, index: number): string {
  const times = `${clock(startMs, ",")} --> ${clock(endMs, ",")}`;
  return `${index + 1}\n${times}\n${text.replaceAll("-->", "→")}\n\n`;
}

function vttCue({ startMs, endMs, text }: Cue): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `${clock(startMs, ".")} --> ${clock(endMs, ".")}\n${escaped}\n`;
}

/** Formats a time as hh:mm:ss and milliseconds. Uses integers, because rounding twice can cause an error of 1 ms. */
function clock(timeMs: number, separator: "," | "."): string {
  const pad = (value: number, width: number) => String(Math.floor(value)).padStart(width, "0");
  const hours = pad(timeMs / 3_600_000, 2);
  const minutes = pad((timeMs / 60_000) % 60, 2);
  return `${hours}:${minutes}:${pad((timeMs / 1000) % 60, 2)}${separator}${pad(timeMs % 1000, 3)}`;
}

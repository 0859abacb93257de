/** Renders a transcript as json, text, srt, vtt or verbose_json. */
import { languageName } from "./languages.ts";
import type { Segment, Transcript, Word } from "./transcript.ts";

export type Granularity = "segment" | "word";

export interface Format {
  readonly contentType: string;
  /** Extension of output files. */
  readonly extension: string;
  readonly render: (transcript: Transcript, granularities: ReadonlySet<Granularity>) => string;
}

export const responseFormats = ["json", "text", "srt", "vtt", "verbose_json"] as const;

export type ResponseFormat = (typeof responseFormats)[number];

export const formats: Readonly<Record<ResponseFormat, Format>> = {
  json: {
    contentType: "application/json",
    extension: "json",
    render: (transcript) => JSON.stringify({ text: transcript.text, usage: usage(transcript) }),
  },
  text: {
    contentType: "text/plain; charset=utf-8",
    extension: "txt",
    render: (transcript) => transcript.text,
  },
  srt: {
    contentType: "text/plain; charset=utf-8",
    extension: "srt",
    render: (transcript) => cues(transcript).map(srtCue).join(""),
  },
  vtt: {
    contentType: "text/vtt; charset=utf-8",
    extension: "vtt",
    render: (transcript) => ["WEBVTT\n", ...cues(transcript).map(vttCue)].join("\n"),
  },
  verbose_json: {
    contentType: "application/json",
    extension: "json",
    render: (transcript, granularities) => JSON.stringify(verbose(transcript, granularities)),
  },
};

// --- internal ---

function verbose(transcript: Transcript, granularities: ReadonlySet<Granularity>): object {
  return {
    task: "transcribe",
    language: transcript.language === null ? "unknown" : languageName(transcript.language),
    duration: seconds(transcript.durationS),
    text: transcript.text,
    ...(granularities.has("word") ? { words: (transcript.words ?? []).map(wireWord) } : {}),
    ...(granularities.has("segment") ? { segments: transcript.segments.map(wireSegment) } : {}),
    usage: usage(transcript),
  };
}

/** OpenAI's words have no punctuation; the text of segments keeps it. */
function wireWord(word: Word): object {
  const text = word.text.trim();
  const bare = text.replace(/^\p{P}+|\p{P}+$/gu, "");
  return { word: bare === "" ? text : bare, start: seconds(word.startS), end: seconds(word.endS) };
}

/** JSON omits undefined fields: details that the model does not provide. */
function wireSegment(segment: Segment): object {
  return {
    id: segment.id,
    ...(segment.seekS === undefined ? {} : { seek: Math.round(segment.seekS * 100) }),
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

/** The duration in whole seconds, rounded up, as OpenAI bills it. */
function usage(transcript: Transcript): object {
  return { type: "duration", seconds: Math.ceil(transcript.durationS) };
}

/** Rounds to milliseconds, to hide floating-point noise. */
function seconds(timeS: number): number {
  return Math.round(timeS * 1000) / 1000;
}

interface Cue {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

/** One cue per segment with text. The text is one line, because a blank line would end the cue. */
function cues(transcript: Transcript): Cue[] {
  return transcript.segments
    .map(({ startS, endS, text }) => ({
      startMs: Math.round(startS * 1000),
      endMs: Math.round(endS * 1000),
      text: text.replace(/\s+/g, " ").trim(),
    }))
    .filter(({ text }) => text !== "");
}

/** Replaces "-->": SubRip has no escapes and would parse it as a time line. */
function srtCue({ startMs, endMs, text }: Cue, index: number): string {
  const times = `${clock(startMs, ",")} --> ${clock(endMs, ",")}`;
  return `${index + 1}\n${times}\n${text.replaceAll("-->", "→")}\n\n`;
}

function vttCue({ startMs, endMs, text }: Cue): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `${clock(startMs, ".")} --> ${clock(endMs, ".")}\n${escaped}\n`;
}

/** Formats hh:mm:ss and milliseconds. Uses integers, because rounding twice can be off by 1 ms. */
function clock(timeMs: number, separator: "," | "."): string {
  const pad = (value: number, width: number) => String(Math.floor(value)).padStart(width, "0");
  const hours = pad(timeMs / 3_600_000, 2);
  const minutes = pad((timeMs / 60_000) % 60, 2);
  return `${hours}:${minutes}:${pad((timeMs / 1000) % 60, 2)}${separator}${pad(timeMs % 1000, 3)}`;
}

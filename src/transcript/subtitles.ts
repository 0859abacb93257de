/** Renders subtitle cues as SubRip (srt) or WebVTT (vtt). The web page uses this file, too. */
import { channelName, withChannel } from "./channels.ts";

/** A subtitle. Its text has no blank lines, because a blank line would end the cue. */
export interface SubtitleCue {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** Number of the channel; undefined unless each channel was transcribed on its own. */
  readonly channel: number | undefined;
}

/** A segment, or another piece of text with times. */
export interface TimedText {
  readonly startS: number;
  readonly endS: number;
  readonly text: string;
  readonly channel?: number | undefined;
}

export function subRip(cues: readonly SubtitleCue[]): string {
  return inOrder(cues).map(srtCue).join("");
}

export function webVtt(cues: readonly SubtitleCue[]): string {
  return ["WEBVTT\n", ...inOrder(cues).map(vttCue)].join("\n");
}

/** Returns one cue of one line for each segment with text. */
export function segmentCues(segments: readonly TimedText[]): SubtitleCue[] {
  return segments
    .map(({ startS, endS, text, channel }) => ({
      startMs: milliseconds(startS),
      endMs: milliseconds(endS),
      text: oneLine(text),
      channel,
    }))
    .filter(({ text }) => text !== "");
}

/** Returns the text without line breaks and repeated spaces. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

export function milliseconds(timeS: number): number {
  return Math.round(timeS * 1000);
}

/**
 * Formats a time as hh:mm:ss and milliseconds. The time is a whole number of milliseconds, so that it is rounded only
 * once. To round it twice could cause an error of 1 ms.
 */
export function clock(timeMs: number, separator: "," | "."): string {
  const pad = (value: number, width: number) => String(Math.floor(value)).padStart(width, "0");
  const hours = pad(timeMs / 3_600_000, 2);
  const minutes = pad((timeMs / 60_000) % 60, 2);
  return `${hours}:${minutes}:${pad((timeMs / 1000) % 60, 2)}${separator}${pad(timeMs % 1000, 3)}`;
}

// --- internal ---

/**
 * Changes the times of cues so that no cue starts before the end of the previous cue, and each cue ends after its own
 * start. Without this, players would skip some cues. The cues of different channels may overlap, because two people
 * may speak at the same time.
 */
function inOrder(cut: readonly SubtitleCue[]): SubtitleCue[] {
  const lastMs = new Map<number | undefined, number>();
  return cut.map((cue) => {
    const startMs = Math.max(cue.startMs, lastMs.get(cue.channel) ?? 0);
    const endMs = Math.max(cue.endMs, startMs + 1);
    lastMs.set(cue.channel, endMs);
    return { ...cue, startMs, endMs };
  });
}

/**
 * Renders a cue of SubRip. Replaces "-->" in the text, because a line with "-->" would be parsed as a line of times.
 * SubRip has no escape for it.
 */
function srtCue({ startMs, endMs, text, channel }: SubtitleCue, index: number): string {
  const times = `${clock(startMs, ",")} --> ${clock(endMs, ",")}`;
  return `${index + 1}\n${times}\n${withChannel(text.replaceAll("-->", "→"), channel)}\n\n`;
}

/** Renders a cue of WebVTT. A voice tag contains the name of the channel. */
function vttCue({ startMs, endMs, text, channel }: SubtitleCue): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const voice = channel === undefined ? "" : `<v ${channelName(channel)}>`;
  return `${clock(startMs, ".")} --> ${clock(endMs, ".")}\n${voice}${escaped}\n`;
}

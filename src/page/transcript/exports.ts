/** Writes the text of a document in the formats that the user can save. */
import { withChannel } from "../../transcript/channels.ts";
import { milliseconds, segmentCues, subRip, webVtt } from "../../transcript/subtitles.ts";
import type { TranscriptDocument } from "./document.ts";

export type ExportFormat = keyof typeof exportFormats;

interface Export {
  readonly contentType: string;
  readonly render: (document: TranscriptDocument) => string;
}

export const exportFormats = {
  txt: {
    contentType: "text/plain",
    render: ({ lines }) =>
      lines
        .filter(({ text }) => text.trim() !== "")
        .map(({ text, channel }) => `${withChannel(text.trim(), channel)}\n`)
        .join(""),
  },
  srt: { contentType: "application/x-subrip", render: ({ lines }) => subRip(segmentCues(lines)) },
  vtt: { contentType: "text/vtt", render: ({ lines }) => webVtt(segmentCues(lines)) },
  json: { contentType: "application/json", render: json },
} as const satisfies Record<string, Export>;

export function isExportFormat(name: string | undefined): name is ExportFormat {
  return name !== undefined && Object.hasOwn(exportFormats, name);
}

/** Returns the name of the exported file, for example `talk.srt` for `talk.mp3`. */
export function exportName(fileName: string, format: ExportFormat): string {
  return `${fileName.replace(/(?<=.)\.[^.]*$/, "")}.${format}`;
}

// --- internal ---

/** Uses the names of the format verbose_json. Leaves out its facts about the model, which do not hold after an edit. */
function json(document: TranscriptDocument): string {
  const kept = document.lines
    .map((line, index) => ({ ...line, words: document.words(index) }))
    .filter(({ text }) => text.trim() !== "");
  const words = kept.flatMap((line) => line.words.map((word) => ({ ...word, line })));
  const value = {
    language: document.language ?? undefined,
    duration: document.durationS ?? undefined,
    text: kept
      .map(({ space, text }) => `${space}${text}`)
      .join("")
      .trim(),
    segments: kept.map(({ startS, endS, text, channel }, id) => ({
      id,
      start: startS,
      end: endS,
      channel,
      text: text.trim(),
    })),
    words: words.map(({ word, startS, endS, line }) => ({
      word,
      start: seconds(startS),
      end: seconds(endS),
      channel: line.channel,
    })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Rounds a time to milliseconds. */
function seconds(timeS: number): number {
  return milliseconds(timeS) / 1000;
}

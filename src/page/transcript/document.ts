/** Holds the text of one file: the segments that the server sent, and the corrections of the user. */
import type { Done, WireSegment, WireWord } from "../api/events.ts";
import { type Mark, moveMarks, placeWords, type TimedWord, wordsOf } from "./marks.ts";

export interface Line {
  readonly startS: number;
  readonly endS: number;
  readonly channel: number | undefined;
  /** White space between the last line and this one: empty in languages without spaces. */
  readonly space: string;
  /** The text without spaces at its ends, with the corrections of the user. */
  readonly text: string;
}

export class TranscriptDocument {
  readonly #lines: Line[] = [];
  readonly #marks: Mark[][] = [];
  /** English name of the language. Null while it is unknown. */
  language: string | null = null;
  durationS: number | null = null;
  /** Whether the user corrected the text after it was last saved. */
  hasUnsavedEdits = false;

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** Removes the text, before the file is transcribed again. */
  clear(): void {
    this.#lines.length = 0;
    this.#marks.length = 0;
    this.language = null;
    this.durationS = null;
    this.hasUnsavedEdits = false;
  }

  /** Adds a segment. Its text may be blank; it is then left out. */
  add({ start, end, text, channel }: WireSegment): void {
    if (text.trim() === "") return;
    const space = text.slice(0, text.length - text.trimStart().length);
    this.#lines.push({ startS: start, endS: end, channel, space, text: text.trim() });
    this.#marks.push([]);
  }

  /** Takes the end of the transcription, which has the times of the words. Corrections of the user stay. */
  finish({ language, duration, segments, words = [] }: Done): void {
    this.language = language;
    this.durationS = duration;
    const shown = segments.filter(({ text }) => text.trim() !== "");
    for (const segment of shown.slice(this.#lines.length)) this.add(segment);
    const channels = Map.groupBy(words, ({ channel }) => channel);
    for (const [index, segment] of shown.entries()) {
      const rest = channels.get(segment.channel) ?? [];
      this.#marks[index] = this.#place(index, segment.text.trim(), rest, segment.end);
    }
  }

  /** Replaces the text of a line. */
  edit(index: number, text: string): void {
    const line = this.#lines[index];
    if (line === undefined || line.text === text) return;
    this.#marks[index] = moveMarks(this.#marks[index] ?? [], line.text, text);
    this.#lines[index] = { ...line, text };
    this.hasUnsavedEdits = true;
  }

  /** Returns the words of a line with their times and their places in the text. */
  words(index: number): TimedWord[] {
    return wordsOf(this.#marks[index] ?? [], this.#lines[index]?.text ?? "");
  }

  /** Returns the index of the line at a time, or of the last line before it. Returns -1 before the first line. */
  lineAt(timeS: number): number {
    return this.#lines.findLastIndex(({ startS }) => startS <= timeS);
  }

  /** Removes the words of a segment from `rest`, and returns their marks in the current text of the line. */
  #place(index: number, sent: string, rest: WireWord[], endS: number): Mark[] {
    const { marks, count } = placeWords(sent, rest, endS);
    rest.splice(0, count);
    return moveMarks(marks, sent, this.#lines[index]?.text ?? sent);
  }
}

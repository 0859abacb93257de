/** Shows the text of the chosen file, plays it, and takes the corrections of the user. */
import { languageCode } from "../../transcript/languages.ts";
import type { Entry } from "../queue.ts";
import type { Line } from "../transcript/document.ts";
import { find, showText } from "./element.ts";
import { stateText } from "./file-list.ts";
import { clearHighlight, highlight } from "./highlight.ts";
import { LineRow } from "./line-row.ts";
import { Player } from "./player.ts";

export class TranscriptView {
  readonly #section = find("#transcript", HTMLElement);
  readonly #title = find("#transcript-title", HTMLElement);
  readonly #facts = find("#facts", HTMLElement);
  readonly #problem = find("#problem", HTMLElement);
  readonly #segments = find("#segments", HTMLOListElement);
  readonly #player: Player;
  #entry: Entry | null = null;
  #rows: LineRow[] = [];
  #current: LineRow | null = null;

  constructor() {
    this.#player = new Player((timeS) => this.#showTime(timeS));
  }

  get entry(): Entry | null {
    return this.#entry;
  }

  /** Shows a file, or nothing if `entry` is null. */
  open(entry: Entry | null): void {
    this.#entry = entry;
    this.#section.hidden = entry === null;
    this.#clearRows();
    this.#player.open(entry?.file ?? null);
    if (entry === null) return;
    this.#title.textContent = entry.file.name;
    this.update();
  }

  /** Moves the focus to the text, for users of the keyboard. */
  focus(): void {
    this.#title.focus();
  }

  /** Shows what changed in the chosen file. */
  update(): void {
    const entry = this.#entry;
    if (entry === null) return;
    const { document, state, message } = entry;
    if (document.lines.length < this.#rows.length) this.#clearRows();
    for (const line of document.lines.slice(this.#rows.length)) this.#addRow(line);
    this.#showFacts(entry);
    const hasText = document.lines.length > 0;
    const isSilent = state === "done" && !hasText;
    showText(this.#problem, state === "failed" || state === "queued" ? message : null);
    find("#how", HTMLElement).hidden = !hasText;
    find("#export", HTMLElement).hidden = !hasText;
    showText(find("#nothing", HTMLElement), emptyText(entry, isSilent));
    this.#section.setAttribute("aria-busy", String(entry.isRunning));
  }

  #showFacts(entry: Entry): void {
    const { language } = entry.document;
    const isKnown = language !== null && language !== "unknown";
    const name = isKnown ? language.replace(/^./, (first) => first.toUpperCase()) : null;
    this.#facts.textContent = [stateText(entry), name].filter((fact) => fact !== null).join(" · ");
    const code = isKnown ? languageCode(language) : null;
    if (code === null) this.#segments.removeAttribute("lang");
    else this.#segments.setAttribute("lang", code);
  }

  #clearRows(): void {
    this.#rows = [];
    this.#current = null;
    this.#segments.replaceChildren();
    clearHighlight();
  }

  #addRow(line: Line): void {
    const index = this.#rows.length;
    const row = new LineRow(line, {
      onPlay: () => this.#player.playFrom(line.startS),
      onEdit: (text) => this.#entry?.document.edit(index, text),
      onWord: (offset) => this.#player.seek(this.#timeAt(index, offset)),
      onToggle: (offset) => this.#player.toggle(this.#timeAt(index, offset)),
      onNext: () => this.#rows[index + 1]?.focus(),
    });
    this.#rows.push(row);
    this.#segments.append(row.element);
  }

  /** Returns the time of the word at a place in the text of a line. */
  #timeAt(index: number, offset: number): number {
    const { document } = this.#entry ?? {};
    const words = document?.words(index) ?? [];
    const word = words.findLast(({ from }) => from <= offset);
    return word?.startS ?? document?.lines[index]?.startS ?? 0;
  }

  #showTime(timeS: number): void {
    const { document } = this.#entry ?? {};
    if (document === undefined) return;
    const index = document.lineAt(timeS);
    const row = this.#rows[index] ?? null;
    if (row !== this.#current) {
      this.#current?.setCurrent(false);
      row?.setCurrent(true);
      this.#current = row;
    }
    const word = document.words(index).findLast(({ startS }) => startS <= timeS);
    if (row === null || word === undefined) clearHighlight();
    else highlight(row.text, word.from, word.to);
  }
}

// --- internal ---

/** Returns the text for a file without text, or null if there is text or a message. */
function emptyText({ document, isRunning, state }: Entry, isSilent: boolean): string | null {
  if (document.lines.length > 0) return null;
  if (isSilent) {
    return "No speech was found. If there is quiet speech, switch off “Skip silence and noise” and try again.";
  }
  if (isRunning || state === "waiting") return "The text appears here while the server works.";
  return null;
}

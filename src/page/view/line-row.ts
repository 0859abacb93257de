/** Shows one line of the text: a button that plays it, and the text, which the user can correct. */
import { withChannel } from "../../transcript/channels.ts";
import type { Line } from "../transcript/document.ts";
import { create, showText } from "./element.ts";
import { timeText } from "./texts.ts";

export interface LineEvents {
  readonly onPlay: () => void;
  readonly onEdit: (text: string) => void;
  /** The user clicked a place in the text. */
  readonly onWord: (offset: number) => void;
  /** The user asked to play or pause at a place in the text. */
  readonly onToggle: (offset: number) => void;
  readonly onNext: () => void;
}

export class LineRow {
  readonly element: HTMLLIElement;
  readonly text: HTMLElement;

  /** After this, only the user changes the text of the row. */
  constructor({ startS, text, channel }: Line, events: LineEvents) {
    const time = create("button", { type: "button", class: "time" }, timeText(startS));
    time.setAttribute("aria-label", `${timeText(startS)}, play from here`);
    time.addEventListener("click", events.onPlay);
    const speaker = create("span", { class: "speaker" });
    showText(speaker, channel === undefined ? null : withChannel("", channel));
    this.text = editable(`Text at ${timeText(startS)}`);
    this.text.textContent = text;
    this.text.addEventListener("input", () => events.onEdit(this.text.textContent));
    this.text.addEventListener("click", () => events.onWord(caretIn(this.text)));
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      // A line of the text stays one line, also in the exported files.
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) events.onToggle(caretIn(this.text));
      else events.onNext();
    });
    this.element = create("li", {}, time, create("div", {}, speaker, this.text));
  }

  focus(): void {
    this.text.focus();
  }

  /** Marks the line that is spoken, and scrolls to it if it is not visible. */
  setCurrent(isCurrent: boolean): void {
    this.element.classList.toggle("spoken", isCurrent);
    if (isCurrent) this.element.scrollIntoView({ block: "nearest" });
  }
}

// --- internal ---

function editable(label: string): HTMLElement {
  const text = create("div", {
    class: "text",
    role: "textbox",
    "aria-label": label,
    dir: "auto",
    spellcheck: "true",
  });
  try {
    text.contentEditable = "plaintext-only";
  } catch {
    // Older browsers do not have this value.
    text.contentEditable = "true";
  }
  return text;
}

/** Returns the number of characters before the caret. */
function caretIn(element: HTMLElement): number {
  const selection = document.getSelection();
  if (selection === null || selection.rangeCount === 0) return 0;
  const caret = selection.getRangeAt(0);
  if (!element.contains(caret.endContainer)) return 0;
  const before = new Range();
  before.setStart(element, 0);
  before.setEnd(caret.endContainer, caret.endOffset);
  return before.toString().length;
}

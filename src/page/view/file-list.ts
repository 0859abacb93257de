/** Shows the files of the user with their progress. */
import type { Entry, Queue } from "../queue.ts";
import { button, create, find } from "./element.ts";
import { percentText, timeText } from "./texts.ts";

export interface FileListEvents {
  readonly onSelect: (entry: Entry) => void;
  readonly onAgain: (entry: Entry) => void;
  readonly onRemove: (entry: Entry) => void;
}

export class FileList {
  readonly #list = find("#file-list", HTMLUListElement);
  readonly #rows = new Map<Entry, Row>();
  readonly #queue: Queue;
  readonly #events: FileListEvents;

  constructor(queue: Queue, events: FileListEvents) {
    this.#queue = queue;
    this.#events = events;
  }

  /** Shows the current state of a file. Adds a row for a new file. */
  show(entry: Entry): void {
    const row = this.#rows.get(entry) ?? this.#add(entry);
    row.show(entry);
  }

  select(chosen: Entry | null): void {
    for (const [entry, row] of this.#rows) row.isSelected = entry === chosen;
  }

  remove(entry: Entry): void {
    this.#rows.get(entry)?.element.remove();
    this.#rows.delete(entry);
  }

  #add(entry: Entry): Row {
    const row = new Row(entry.file, {
      onSelect: () => this.#events.onSelect(entry),
      onCancel: () => this.#queue.cancel(entry),
      onAgain: () => this.#events.onAgain(entry),
      onRemove: () => this.#events.onRemove(entry),
    });
    this.#rows.set(entry, row);
    this.#list.append(row.element);
    return row;
  }
}

/** Returns what happens to a file, in a few words. */
export function stateText({ state, part, message, document }: Entry): string {
  switch (state) {
    case "waiting":
      return "Waits for the files before it";
    case "sending":
      return part === null ? "Sending" : `Sending, ${percentText(part)}`;
    case "queued":
      return message === null ? "The server prepares it" : "The server is busy, trying again soon";
    case "working":
      return part === null ? "Transcribing" : `Transcribing, ${percentText(part)}`;
    case "done":
      return `Done${document.durationS === null ? "" : `, ${timeText(document.durationS)}`}`;
    case "stopped":
      return "Stopped";
    default:
      return "Failed";
  }
}

// --- internal ---

interface RowEvents {
  readonly onSelect: () => void;
  readonly onCancel: () => void;
  readonly onAgain: () => void;
  readonly onRemove: () => void;
}

class Row {
  readonly element: HTMLLIElement;
  readonly #select: HTMLButtonElement;
  readonly #state = create("span", { class: "state" });
  readonly #bar: HTMLProgressElement;
  readonly #cancel: HTMLButtonElement;
  readonly #again: HTMLButtonElement;
  readonly #remove: HTMLButtonElement;

  constructor({ name }: File, events: RowEvents) {
    this.#bar = create("progress", { "aria-label": `Progress of ${name}`, max: "1" });
    this.#select = create(
      "button",
      { type: "button", class: "file" },
      create("span", { class: "name", dir: "auto" }, name),
      this.#state,
    );
    this.#select.addEventListener("click", events.onSelect);
    this.#cancel = button("Cancel", events.onCancel, `Cancel ${name}`);
    this.#again = button("Try again", events.onAgain, `Try again: ${name}`);
    this.#remove = button("Remove", events.onRemove, `Remove ${name}`);
    const actions = create("div", { class: "actions" }, this.#cancel, this.#again, this.#remove);
    this.element = create("li", {}, this.#select, actions, this.#bar);
  }

  set isSelected(isSelected: boolean) {
    if (isSelected) this.#select.setAttribute("aria-current", "true");
    else this.#select.removeAttribute("aria-current");
  }

  show(entry: Entry): void {
    const { state, part, isRunning } = entry;
    this.element.dataset["state"] = state;
    this.#state.textContent = stateText(entry);
    this.#bar.hidden = !isRunning;
    if (part === null) this.#bar.removeAttribute("value");
    else this.#bar.value = part;
    const hadFocus = this.element.contains(document.activeElement);
    this.#cancel.hidden = !isRunning && state !== "waiting";
    this.#again.hidden = state !== "failed" && state !== "stopped";
    this.#remove.hidden = isRunning || state === "waiting";
    // A hidden button loses the focus, so the keyboard would start again at the top of the page.
    if (hadFocus && !this.element.contains(document.activeElement)) this.#select.focus();
  }
}

/** Starts the web page: connects the queue of files, the server, and the parts of the page. */
import { Client } from "./api/client.ts";
import { Keys } from "./api/keys.ts";
import { sendForm } from "./api/transcribe.ts";
import { type Entry, Queue } from "./queue.ts";
import { announce } from "./view/announcer.ts";
import { openDropZone } from "./view/drop-zone.ts";
import { find } from "./view/element.ts";
import { openExportBar } from "./view/export-bar.ts";
import { FileList, stateText } from "./view/file-list.ts";
import { keyDialog } from "./view/key-dialog.ts";
import { ModelsDialog } from "./view/models-dialog.ts";
import { OptionsForm } from "./view/options-form.ts";
import { TranscriptView } from "./view/transcript-view.ts";

const keys = new Keys(sessionStorage, keyDialog());
const options = new OptionsForm();
const view = new TranscriptView();
const queue = new Queue({ keys, send: sendForm, onChange: show, wait });
const files = new FileList(queue, {
  onSelect(entry) {
    choose(entry);
    view.focus();
  },
  onAgain: (entry) => queue.again(entry, options.order()),
  onRemove: remove,
});
const models = new ModelsDialog(new Client(keys), (overview) => options.show(overview));
/** State of each file that was told to screen readers. */
const told = new WeakMap<Entry, string>();

openDropZone(add);
openExportBar(() => view.entry);
find("#where", HTMLElement).textContent = placeText(location);
window.addEventListener("beforeunload", (event) => {
  const isBusy = ({ state, isRunning }: Entry) => state === "waiting" || isRunning;
  const wouldLose = (entry: Entry) => isBusy(entry) || entry.document.hasUnsavedEdits;
  if (queue.entries.some(wouldLose)) event.preventDefault();
});
void models.refresh();

function add(chosen: readonly File[]): void {
  const order = options.order();
  const added = chosen.map((file) => queue.add(file, order));
  if (view.entry === null || !view.entry.isRunning) choose(added[0] ?? null);
}

function choose(entry: Entry | null): void {
  view.open(entry);
  files.select(entry);
  const isFirst = document.body.dataset["view"] === "empty";
  document.body.dataset["view"] = queue.entries.length === 0 ? "empty" : "files";
  const box = find("#options-box", HTMLDetailsElement);
  if (queue.entries.length === 0) box.open = true;
  // On a narrow screen, the options would push the text down.
  else if (isFirst && isNarrow()) box.open = false;
  find("#files", HTMLElement).hidden = queue.entries.length === 0;
}

function remove(entry: Entry): void {
  const index = queue.entries.indexOf(entry);
  queue.remove(entry);
  files.remove(entry);
  if (view.entry === entry) choose(queue.entries[index] ?? queue.entries.at(-1) ?? null);
  // The button with the focus is gone.
  find(queue.entries.length === 0 ? "#choose" : "#file-list button", HTMLButtonElement).focus();
}

function show(entry: Entry): void {
  files.show(entry);
  if (view.entry === entry) view.update();
  const isNews = told.get(entry) !== entry.state;
  told.set(entry, entry.state);
  if (isNews && !entry.isRunning) announce(`${entry.file.name}: ${stateText(entry)}`);
}

/** Returns whether the page has one column; see layout.css. */
function isNarrow(): boolean {
  return !matchMedia("(min-width: 60rem)").matches;
}

/** Tells the user where the files go. */
function placeText({ hostname, host }: Location): string {
  const isHere = /^(?:localhost|.*\.localhost|127\..*|\[::1\])$/.test(hostname);
  return isHere
    ? "Your files stay on this computer."
    : `Your files go to ${host} and nowhere else.`;
}

/** Waits for some seconds, or until the signal aborts. */
function wait(seconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, seconds * 1000);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}

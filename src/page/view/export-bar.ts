/** Saves the text of the chosen file, or copies it. */
import type { Entry } from "../queue.ts";
import { exportFormats, exportName, isExportFormat } from "../transcript/exports.ts";
import { announce } from "./announcer.ts";
import { create, find } from "./element.ts";

export function openExportBar(chosen: () => Entry | null): void {
  find("#export", HTMLElement).addEventListener("click", ({ target }) => {
    const entry = chosen();
    const format = target instanceof HTMLElement ? target.dataset["format"] : undefined;
    if (entry === null || !isExportFormat(format)) return;
    const { contentType, render } = exportFormats[format];
    save(exportName(entry.file.name, format), render(entry.document), contentType);
    entry.document.hasUnsavedEdits = false;
  });
  const copy = find("#copy", HTMLButtonElement);
  copy.addEventListener("click", () => {
    const entry = chosen();
    if (entry !== null) void copyText(exportFormats.txt.render(entry.document), copy);
  });
}

// --- internal ---

/** Time in milliseconds for which the button shows the result. */
const shownMs = 2000;

function save(name: string, text: string, type: string): void {
  const href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  create("a", { href, download: name }).click();
  // The browser reads the data after this function. So the URL is freed later.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
  announce(`Saved ${name}`);
}

async function copyText(text: string, copy: HTMLButtonElement): Promise<void> {
  const label = copy.textContent;
  try {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  } catch {
    // Browsers have no clipboard for pages that come over http from another machine.
    copy.textContent = "Cannot copy here";
  }
  announce(copy.textContent);
  setTimeout(() => {
    copy.textContent = label;
  }, shownMs);
}

/** Lets the user drop files anywhere on the page, or choose them. */
import { find } from "./element.ts";

export function openDropZone(onFiles: (files: readonly File[]) => void): void {
  const input = find("#file", HTMLInputElement);
  find("#choose", HTMLButtonElement).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    // Without this, the browser would not report the same file a second time.
    input.value = "";
    if (files.length > 0) onFiles(files);
  });
  const { body } = document;
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    // The pointer left the window, not only one of its elements.
    if (event.relatedTarget === null) body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    body.classList.remove("dropping");
    if (!hasFiles(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) onFiles(files);
  });
}

// --- internal ---

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true;
}

/** Highlights the word that is spoken. It changes no element, so it does not disturb a correction. */

const name = "spoken";

/** Whether the browser has the CSS Custom Highlight API. Without it, only the line is marked. */
const isSupported = typeof Highlight === "function" && "highlights" in CSS;

/** Highlights a part of the text of an element. */
export function highlight(element: HTMLElement, from: number, to: number): void {
  if (!isSupported) return;
  const text = element.firstChild;
  if (!(text instanceof Text) || to > text.length) return clearHighlight();
  const range = new Range();
  range.setStart(text, from);
  range.setEnd(text, to);
  CSS.highlights.set(name, new Highlight(range));
}

export function clearHighlight(): void {
  if (isSupported) CSS.highlights.delete(name);
}

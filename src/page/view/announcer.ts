/** Tells news to screen readers, which do not see that a part of the page changed. */
import { find } from "./element.ts";

export function announce(text: string): void {
  find("#news", HTMLElement).textContent = text;
}

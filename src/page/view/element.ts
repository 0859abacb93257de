/** Finds and creates elements of the page. */

/** Returns the element that a selector finds. The page always contains it. */
export function find<T extends Element>(selector: string, type: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The page has no ${selector}`);
  return found;
}

/** Creates an element. An attribute with the value `true` is present without a value. */
export function create<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | boolean>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Creates a button. `label` is its name for screen readers, if the text alone does not say enough. */
export function button(text: string, onClick: () => void, label = text): HTMLButtonElement {
  const made = create("button", { type: "button" }, text);
  if (label !== text) made.setAttribute("aria-label", label);
  made.addEventListener("click", onClick);
  return made;
}

/** Shows the text in an element, or hides the element if the text is null. */
export function showText(element: HTMLElement, text: string | null): void {
  element.hidden = text === null;
  element.textContent = text ?? "";
}

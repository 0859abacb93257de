/** Asks the user for a key of the server. */
import type { AskKey, KeyKind } from "../api/keys.ts";
import { find } from "./element.ts";

export function keyDialog(): AskKey {
  const dialog = find("#key", HTMLDialogElement);
  const form = find("#key form", HTMLFormElement);
  const input = find("#key input", HTMLInputElement);
  find("#key [data-close]", HTMLButtonElement).addEventListener("click", () => dialog.close());
  let answer: string | null = null;
  form.addEventListener("submit", () => {
    answer = input.value.trim();
  });
  return (kind, isRefused) => {
    answer = null;
    input.value = "";
    find("#key-label", HTMLElement).textContent = labels[kind];
    find("#key-reason", HTMLElement).textContent = isRefused
      ? "The server did not accept this key. Check it, and enter it again."
      : reasons[kind];
    dialog.showModal();
    const { promise, resolve } = Promise.withResolvers<string | null>();
    dialog.addEventListener("close", () => resolve(answer === "" ? null : answer), { once: true });
    return promise;
  };
}

// --- internal ---

const labels: Readonly<Record<KeyKind, string>> = { api: "API key", admin: "Admin key" };

const reasons: Readonly<Record<KeyKind, string>> = {
  api: "The person who runs the server has the key.",
  admin: "Downloads need the admin key. The person who runs the server has it.",
};

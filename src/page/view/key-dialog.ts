/** Asks the user for a key of the server. */
import type { AskKey, KeyKind } from "../api/keys.ts";
import { create } from "./element.ts";

/** Adds the dialog to the page, and returns the function that shows it. */
export function keyDialog(): AskKey {
  const reason = create("p", { id: "key-reason" });
  const label = create("span", { id: "key-label" });
  const input = create("input", {
    type: "password",
    name: "key",
    required: true,
    autocomplete: "off",
  });
  const cancel = create("button", { type: "button", class: "quiet", "data-close": true }, "Cancel");
  const form = create(
    "form",
    { method: "dialog" },
    create("h2", { id: "key-title" }, "This server asks for a key"),
    reason,
    create("label", {}, label, input),
    create(
      "p",
      { class: "hint" },
      "The key stays in this tab. It is forgotten when you close the tab.",
    ),
    create(
      "div",
      { class: "row end" },
      cancel,
      create("button", { type: "submit", class: "main" }, "Use this key"),
    ),
  );
  const dialog = create("dialog", { id: "key", "aria-labelledby": "key-title" }, form);
  document.body.append(dialog);

  cancel.addEventListener("click", () => dialog.close());
  let answer: string | null = null;
  form.addEventListener("submit", () => {
    answer = input.value.trim();
  });
  return (kind, isRefused) => {
    answer = null;
    input.value = "";
    label.textContent = labels[kind];
    reason.textContent = isRefused
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

/** Shows the options for the next files, and reads them. */
import type { Model, ModelOverview } from "../api/models.ts";
import { orderOf } from "../order.ts";
import type { Order } from "../queue.ts";
import { create, find } from "./element.ts";
import { languageText } from "./texts.ts";

export class OptionsForm {
  readonly #form = find("#options", HTMLFormElement);
  readonly #model = find("#options [name=model]", HTMLSelectElement);
  readonly #language = find("#options [name=language]", HTMLSelectElement);
  #overview: ModelOverview = { models: [], patterns: [], standard: null, loaded: null };

  constructor() {
    this.#model.addEventListener("change", () => this.#showLanguages());
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.show(this.#overview);
  }

  /** Codes of the languages of the chosen model. */
  get #languages(): readonly string[] {
    return this.#chosen()?.capabilities?.supports_languages ?? [];
  }

  /** Shows the models of the server. Keeps the chosen model if the server still has it. */
  show(overview: ModelOverview): void {
    this.#overview = overview;
    const { models, standard } = overview;
    const others = models.map(({ id }) => id).filter((id) => id !== standard);
    const first = standard === null ? "Default" : `${standard} (default)`;
    fill(this.#model, [["", first], ...others.map((id) => [id, id] as const)]);
    this.#showLanguages();
  }

  /** Returns the request for a file with these options. */
  order(): Order {
    const values = new FormData(this.#form);
    const text = (name: string) => {
      const value = values.get(name);
      return typeof value === "string" ? value : "";
    };
    const options = {
      model: text("model"),
      language: text("language"),
      keywords: text("keywords"),
      prompt: text("prompt"),
      translate: values.has("translate"),
      vad: values.has("vad"),
      multilingual: values.has("multilingual"),
      channels: values.has("channels"),
    };
    return orderOf(options, this.#chosen());
  }

  #chosen(): Model | null {
    const id = this.#model.value === "" ? this.#overview.standard : this.#model.value;
    return this.#overview.models.find((model) => model.id === id) ?? null;
  }

  #showLanguages(): void {
    const named = this.#languages.map((code) => [code, languageText(code)] as const);
    const sorted = named.toSorted(([, one], [, other]) => one.localeCompare(other, "en"));
    fill(this.#language, [["", "Detect"], ...sorted]);
  }
}

// --- internal ---

/** Replaces the choices of a list. Keeps the chosen value if it is still a choice. */
function fill(
  list: HTMLSelectElement,
  choices: readonly (readonly [value: string, text: string])[],
): void {
  const chosen = list.value;
  list.replaceChildren(...choices.map(([value, text]) => create("option", { value }, text)));
  list.value = choices.some(([value]) => value === chosen) ? chosen : "";
}

/** Shows the models of the server and their state, and downloads models. */
import { errorText } from "../api/api-error.ts";
import type { Client } from "../api/client.ts";
import {
  type LoadedModel,
  type Model,
  type ModelOverview,
  pullModel,
  readModels,
} from "../api/models.ts";
import { suggestionsFor } from "../model-suggestions.ts";
import { announce } from "./announcer.ts";
import { button, create, find, showText } from "./element.ts";
import { sizeText } from "./texts.ts";

/** Opens the dialog with its button. `onModels` is called with the models each time that they are read. */
export class ModelsDialog {
  readonly #client: Client;
  readonly #onModels: (overview: ModelOverview) => void;
  readonly #dialog = find("#models", HTMLDialogElement);
  readonly #list = find("#model-list", HTMLUListElement);
  readonly #problem = find("#models-problem", HTMLElement);
  readonly #name = find("#pull [name=name]", HTMLInputElement);
  readonly #download = find("#pull [type=submit]", HTMLButtonElement);

  constructor(client: Client, onModels: (overview: ModelOverview) => void) {
    this.#client = client;
    this.#onModels = onModels;
    find("#open-models", HTMLButtonElement).addEventListener("click", () => this.#open());
    find("#models [data-close]", HTMLButtonElement).addEventListener("click", () =>
      this.#dialog.close(),
    );
    find("#pull", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#pull(this.#name.value.trim());
    });
  }

  /** Reads the models again. */
  async refresh(): Promise<void> {
    try {
      const overview = await readModels(this.#client);
      showText(this.#problem, null);
      this.#show(overview);
      this.#onModels(overview);
    } catch (error) {
      showText(this.#problem, errorText(error));
    }
  }

  #open(): void {
    this.#dialog.showModal();
    void this.refresh();
  }

  #show(overview: ModelOverview): void {
    const { models, loaded, standard } = overview;
    this.#list.replaceChildren(
      ...models.map((model) => {
        const inMemory = loaded?.find((one) => one.model === model.id);
        return row(model, { inMemory, isDefault: model.id === standard });
      }),
    );
    const suggestions = suggestionsFor(overview).map(({ name, why }) => {
      const choice = button(name, () => this.#suggest(name), `${name}: ${why}`);
      return create("li", {}, choice, create("span", {}, why));
    });
    find("#suggestions", HTMLUListElement).replaceChildren(...suggestions);
  }

  #suggest(name: string): void {
    this.#name.value = name;
    this.#name.focus();
  }

  async #pull(name: string): Promise<void> {
    const bar = find("#pull-bar", HTMLProgressElement);
    const text = find("#pull-text", HTMLElement);
    const problem = find("#pull-problem", HTMLElement);
    const box = find("#pull-progress", HTMLElement);
    showText(problem, null);
    text.textContent = `${name}: looking for its files`;
    bar.removeAttribute("value");
    bar.hidden = false;
    box.hidden = false;
    this.#download.disabled = true;
    try {
      const { model, bytes } = await pullModel(this.#client, name, (progress) => {
        if (progress.totalBytes === 0) return;
        bar.value = progress.bytes / progress.totalBytes;
        text.textContent = `${name}: ${sizeText(progress.bytes)} of ${sizeText(progress.totalBytes)}`;
      });
      bar.hidden = true;
      text.textContent = `${model} is ready (${sizeText(bytes)}).`;
      announce(text.textContent);
      this.#name.value = "";
      await this.refresh();
    } catch (error) {
      box.hidden = true;
      showText(problem, errorText(error));
    } finally {
      this.#download.disabled = false;
    }
  }
}

// --- internal ---

interface RowFacts {
  readonly inMemory: LoadedModel | undefined;
  readonly isDefault: boolean;
}

function row(model: Model, { inMemory, isDefault }: RowFacts): HTMLLIElement {
  const title = create("strong", {}, model.id);
  const badge = isDefault ? [create("span", { class: "badge" }, "Default")] : [];
  return create(
    "li",
    {},
    create("div", {}, title, ...badge),
    create("p", { class: "hint" }, factsOf(model).join(" · ")),
    create("p", { class: "hint" }, memoryText(inMemory)),
  );
}

function factsOf(model: Model): string[] {
  const { family, size_on_disk_mb: size, capabilities, compatibility_notes: obstacle } = model;
  const languages = capabilities?.supports_languages.length ?? 0;
  return [
    ...(family === undefined ? [] : [family.replace(/^./, (first) => first.toUpperCase())]),
    ...(size === undefined ? [] : [sizeText(size * 1_000_000)]),
    ...(languages === 0 ? [] : [languages === 1 ? "1 language" : `${languages} languages`]),
    ...(obstacle === undefined ? [] : [obstacle]),
  ];
}

function memoryText(model: LoadedModel | undefined): string {
  if (model === undefined) return "Loads with the first file";
  const size = `In memory, ${sizeText(model.memory_bytes)}`;
  const { active_requests: count } = model;
  return count === 0 ? size : `${size}, works on ${count === 1 ? "1 file" : `${count} files`}`;
}

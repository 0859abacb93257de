/**
 * Handles the aliases of models. An alias is an additional name that the operator has set
 * (OPEN_ASR_SERVER_MODEL_ALIASES).
 */
import { plainName } from "./model-names.ts";
import { parseModelRef } from "./model-ref.ts";

export interface Alias {
  readonly name: string;
  /** Name or path of a model, or another alias. */
  readonly model: string;
}

/** Parses `NAME=MODEL`. Null when a part is missing, or when the name is a path or contains a backend. */
export function parseAlias(written: string): Alias | null {
  const [, name = "", model = ""] =
    /^([^=]+)=(.+)$/u.exec(written)?.map((part) => part.trim()) ?? [];
  const { backend, isPath } = parseModelRef(name);
  return name === "" || model === "" || backend !== null || isPath ? null : { name, model };
}

/**
 * Returns an error message for each alias that is set twice, or whose chain of aliases leads back to the alias itself.
 */
export function aliasProblems(aliases: readonly Alias[]): string[] {
  const targets = targetsOf(aliases);
  const names = aliases.map(({ name }) => plainName(name));
  const twice = aliases.filter((_, index) => names.indexOf(names[index] ?? "") < index);
  const circular = aliases.filter(({ name }) => chainOf(name, targets) === null);
  return [
    ...twice.map(({ name }) => `the alias "${name}" is there twice`),
    ...circular.map(({ name }) => `the alias "${name}" leads back to itself`),
  ];
}

export class Aliases {
  readonly #targets: ReadonlyMap<string, string>;
  readonly names: readonly string[];

  /** `aliases` must be valid: `aliasProblems` must return no messages for them. */
  constructor(aliases: readonly Alias[]) {
    this.#targets = targetsOf(aliases);
    this.names = aliases.map(({ name }) => name);
  }

  /** Returns the model to which an alias refers. Null when the name is not an alias. Ignores the case of the name. */
  modelOf(name: string): string | null {
    return this.#targets.has(plainName(name)) ? chainOf(name, this.#targets) : null;
  }
}

// --- internal ---

function targetsOf(aliases: readonly Alias[]): ReadonlyMap<string, string> {
  return new Map(aliases.map(({ name, model }) => [plainName(name), model]));
}

/** Returns the model at the end of a chain of aliases. Null when the chain is circular. */
function chainOf(name: string, targets: ReadonlyMap<string, string>): string | null {
  const seen = new Set<string>();
  for (let model = name; ;) {
    const key = plainName(model);
    const next = targets.get(key);
    if (next === undefined) return model;
    if (seen.has(key)) return null;
    seen.add(key);
    model = next;
  }
}

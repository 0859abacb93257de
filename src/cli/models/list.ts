/**
 * `open-asr-server models list`: lists the models on this machine, and with --all also the models that can be
 * downloaded.
 */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import type { LocalModel } from "../../models/catalog.ts";
import { sizeText } from "../../models/size-text.ts";
import { type Config } from "../../settings/config.ts";
import { listBackends } from "../../models/backends/index.ts";
import { shownPath } from "../file-names.ts";
import { settingArgs } from "../flags.ts";
import { jsonArg, readModelsCommand } from "./model-args.ts";
import { type Origin, originOf, originTexts, pathOf } from "./model-origin.ts";
import { columns, writeJson } from "./report.ts";
import { print } from "../print.ts";

const args: ArgsDef = {
  all: { type: "boolean", description: "Also list published models that can be pulled" },
  names: { type: "boolean", description: "Print only the names, one per line, for scripts" },
  ...jsonArg,
  ...settingArgs("models"),
};

export const list: CommandDef = defineCommand({
  meta: { name: "models list", description: "List the models on this machine" },
  args,
  async run({ rawArgs }) {
    const options = { name: "models list", names: "none" } as const;
    const { flags, config, catalog } = readModelsCommand(rawArgs, args, options);
    const local = (await catalog.local()).map((model) => localEntry(model, config));
    const known = new Set(local.map(({ name }) => name));
    const remote =
      flags["all"] === undefined
        ? []
        : remoteEntries(config).filter(({ name }) => !known.has(name));
    if (flags["names"] !== undefined) return writeNames([...local, ...remote]);
    if (flags["json"] !== undefined) return writeJson([...local, ...remote]);
    await print(localText(local) + remoteText(remote));
  },
});

// --- internal ---

interface LocalEntry {
  readonly name: string;
  readonly backend: string;
  readonly bytes: number;
  readonly source: Origin;
  readonly path: string | null;
  readonly is_default: boolean;
}

interface RemoteEntry {
  readonly name: string;
  readonly backend: string;
  /** Approximate size of the download in bytes. Null when the size is unknown. */
  readonly bytes: number | null;
  readonly source: "hub";
  readonly repository: string;
}

function localEntry({ name, model, isDefault }: LocalModel, config: Config): LocalEntry {
  const { backend, bytes } = model;
  const source = originOf(model, config);
  return { name, backend, bytes, source, path: pathOf(model), is_default: isDefault };
}

function remoteEntries(config: Config): RemoteEntry[] {
  return listBackends(config).flatMap(({ id: backend, publishedModels, remote }) =>
    publishedModels.flatMap((name) => {
      const { repository, bytes } = remote?.(name) ?? { repository: null, bytes: null };
      return repository === null
        ? []
        : [{ name, backend, bytes, source: "hub" as const, repository }];
    }),
  );
}

/**
 * Writes one name per line. If some characters of a name must be replaced for display, omits this name, because no
 * command finds the model by the changed name.
 */
async function writeNames(entries: readonly { readonly name: string }[]): Promise<void> {
  const names = entries.map(({ name }) => name).filter((name) => shownPath(name) === name);
  await print(names.map((name) => `${name}\n`).join(""));
}

function localText(entries: readonly LocalEntry[]): string {
  const rows = entries.map(({ name, backend, bytes, source, is_default: isDefault }) => [
    `${shownPath(name)}${isDefault ? " (default)" : ""}`,
    backend,
    bytes === 0 ? "" : sizeText(bytes),
    originTexts[source],
  ]);
  return columns([["NAME", "BACKEND", "SIZE", "FROM"], ...rows]);
}

function remoteText(entries: readonly RemoteEntry[]): string {
  if (entries.length === 0) return "";
  const rows = entries.map(({ name, backend, bytes, repository }) => [
    name,
    backend,
    bytes === null ? "" : `about ${sizeText(bytes)}`,
    repository,
  ]);
  return `\n${columns([["CAN BE PULLED", "BACKEND", "SIZE", "REPOSITORY"], ...rows])}`;
}

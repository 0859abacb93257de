/** Defines and parses the arguments that the commands for models share. */
import type { ArgsDef } from "citty";
import { type Config, loadConfig, UsageError } from "../../settings/config.ts";
import { catalogOptions } from "../../settings/catalog.ts";
import { Catalog } from "../../models/catalog.ts";
import { readArgs } from "../flags.ts";
import { requireModelDir } from "../start-checks.ts";

export const jsonArg: ArgsDef = {
  json: { type: "boolean", description: "Print JSON, for programs" },
};

export interface ModelsCommand {
  readonly names: readonly string[];
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  /** Finds models on this machine and on the hub. Downloads nothing. */
  readonly catalog: Catalog;
}

/** Parses the arguments of a command such as "models pull". Throws UsageError. */
export function readModelsCommand(
  rawArgs: readonly string[],
  args: ArgsDef,
  { name, names: expected }: { name: string; names: "none" | "one" | "some" },
): ModelsCommand {
  const { flags, positionals: names } = readArgs(rawArgs, args, name);
  const config = loadConfig(flags);
  requireModelDir(config);
  if (expected !== "none" && names.length === 0) {
    throw new UsageError(
      `${name} needs the name of a model; \`open-asr-server models list --all\` lists names`,
    );
  }
  if (expected === "one" && names.length > 1) {
    throw new UsageError(`${name} takes one model, found ${names.length}: ${names.join(", ")}`);
  }
  const catalog = new Catalog(catalogOptions(config, { downloads: null, onLoopback: false }));
  return { names, flags, config, catalog };
}

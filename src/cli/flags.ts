/** Settings as flags of a command, and the strict parser of flags: an unknown flag is an error. */
import { parseArgs, type ParseArgsOptionDescriptor } from "node:util";
import type { ArgsDef } from "citty";
import { UsageError } from "../settings/config.ts";
import { settings } from "../settings/index.ts";
import { type Command, defaultText, type Setting } from "../settings/setting.ts";

/** The flags of a command, as citty describes them. */
export function settingArgs(command: Command): ArgsDef {
  const args: ArgsDef = {};
  for (const entry of Object.values<Setting<unknown>>(settings)) {
    if (entry.flag === undefined || !entry.commands.includes(command)) continue;
    args[entry.flag] = {
      type: "string",
      ...(entry.alias === undefined ? {} : { alias: entry.alias }),
      valueHint: entry.value.hint,
      description: describe(entry),
    };
  }
  return args;
}

/** Help, allowed values and default of a setting, in one line. */
export function describe(entry: Setting<unknown>): string {
  return `${entry.help} (${entry.value.range}; default: ${defaultText(entry)})`;
}

export interface ReadArgs {
  /** Unparsed values by flag name. The value of a boolean flag is "true". */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly positionals: readonly string[];
}

/** Parses flags with Node's strict parser, because citty's own parser accepts unknown flags and missing values. */
export function readArgs(rawArgs: readonly string[], definitions: ArgsDef): ReadArgs {
  const options: Record<string, ParseArgsOptionDescriptor> = {};
  let allowPositionals = false;
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.type === "positional") {
      allowPositionals = true;
      continue;
    }
    const { type, alias } = { alias: undefined, ...definition };
    options[name] = {
      type: type === "boolean" ? "boolean" : "string",
      multiple: repeating.has(name),
      ...(typeof alias === "string" ? { short: alias } : {}),
    };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...rawArgs], options, allowPositionals });
    const flags = Object.entries(values).map(([name, value]) => [name, String(value)]);
    return { flags: Object.fromEntries(flags), positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

// --- internal ---

const repeating: ReadonlySet<string | undefined> = new Set(
  Object.values<Setting<unknown>>(settings)
    .filter(({ repeats }) => repeats)
    .map((entry) => entry.flag),
);

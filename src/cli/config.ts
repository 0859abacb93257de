/** `open-asr-server config`: prints every setting, its value and its source. Never prints a secret. */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import type { Alias } from "../models/aliases.ts";
import { type FoundSettings, findSettings } from "../settings/config.ts";
import { exampleFile } from "../settings/file-example.ts";
import { settings } from "../settings/index.ts";
import type { FoundValue } from "../settings/read-setting.ts";
import { bareName, defaultText, fileKey, type Setting } from "../settings/setting.ts";
import { shownPath } from "./file-names.ts";
import { readArgs, settingArgs } from "./flags.ts";
import { columns, writeJson } from "./models/report.ts";
import { preloadedModels } from "./preloaded-models.ts";
import { print } from "./print.ts";
import { withoutPassword } from "../models/hub/shown-url.ts";

const args: ArgsDef = {
  json: { type: "boolean", description: "Print JSON, for programs" },
  example: {
    type: "boolean",
    description: "Print a configuration file that contains every setting as a comment",
  },
  ...settingArgs("config"),
};

export const config: CommandDef = defineCommand({
  meta: { name: "config", description: "Show every setting, its value and its source" },
  args,
  async run({ rawArgs }) {
    const { flags, written } = readArgs(rawArgs, args, "config");
    if (flags["example"] !== undefined) {
      await print(exampleFile());
      return;
    }
    const shown = shownSettings(withPreloaded(findSettings(flags), written));
    if (flags["json"] !== undefined) return writeJson(shown.map(asJson));
    const rows = shown.map((one) => [one.name, valueText(one), sourceText(one)]);
    await print(columns([["SETTING", "VALUE", "SOURCE"], ...rows]));
  },
});

// --- internal ---

interface ShownSetting extends FoundValue {
  /**
   * Key of the setting in a configuration file. A setting that a configuration file cannot contain has a name in the
   * same style.
   */
  readonly name: string;
  readonly entry: Setting<unknown>;
}

function withPreloaded(found: FoundSettings, written: ReadonlySet<string>): FoundSettings {
  const defaultModel = found.defaultModel.value as string | null;
  const configured = found.preload.value as readonly string[];
  const preload = preloadedModels({ defaultModel, preload: configured }, written);
  return preload === configured ? found : { ...found, preload: { value: preload, source: "flag" } };
}

/** Returns the settings in the order of the help. Omits a hidden setting unless it is set. */
function shownSettings(found: FoundSettings): ShownSetting[] {
  return Object.entries<Setting<unknown>>(settings)
    .map(([id, entry]) => ({
      ...found[id as keyof FoundSettings],
      entry,
      name: fileKey(entry) ?? bareName(entry.flag ?? entry.variable),
    }))
    .filter(({ entry, source }) => entry.hidden !== true || source !== "default");
}

function asJson({ name, entry, value, source }: ShownSetting) {
  return {
    name,
    value: entry.secret === true ? secretText(value) : plainValue(value),
    source,
    variable: entry.variable,
    flag: entry.flag === undefined ? null : `--${entry.flag}`,
  };
}

function valueText({ entry, value, source }: ShownSetting): string {
  if (entry.secret === true) return secretText(value);
  const isFixed = source === "default" && typeof entry.fallback !== "function";
  if (isFixed) return defaultText(entry);
  // A default of null is shown as "none". The user can write null only for the default language, where null means
  // language detection.
  if (value === null) return source === "default" ? "none" : defaultText(entry);
  const plain = plainValue(value);
  if (typeof plain === "boolean") return entry.value.options?.[plain ? 0 : 1] ?? String(plain);
  return shownPath(Array.isArray(plain) ? plain.join(", ") : String(plain));
}

function secretText(value: unknown): "set" | "not set" {
  const isUnset = value === null || (Array.isArray(value) && value.length === 0);
  return isUnset ? "not set" : "set";
}

/**
 * Returns the value of a setting without the passwords of URLs. Replaces each model alias in a list by the text
 * NAME=MODEL, as the user writes it.
 */
function plainValue(value: unknown): unknown {
  if (typeof value === "string") return withoutPassword(value);
  if (!Array.isArray(value)) return value;
  return value.map((item: string | Alias) =>
    typeof item === "string" ? item : `${item.name}=${item.model}`,
  );
}

function sourceText({ entry, source }: ShownSetting): string {
  if (source === "flag") return `flag --${entry.flag}`;
  return source === "environment" ? `variable ${entry.variable}` : source;
}

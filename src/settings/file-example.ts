/** Writes an example of a configuration file. The example contains every setting in a line that starts with #. */
import { settingGroups, settings } from "./index.ts";
import { fileKey, type Setting } from "./setting.ts";

/**
 * Returns the text of the example. Each setting has its default. If the default is not a fixed value, the setting has a
 * placeholder.
 */
export function exampleFile(): string {
  const groups = settingGroups.map(([title, group]) => {
    const entries = Object.values(group).filter((entry) => entry.hidden !== true);
    return [`## ${title}`, ...entries.flatMap(settingLines)].join("\n");
  });
  return `${[introduction, ...groups].join("\n\n")}\n`;
}

// --- internal ---

const secretKeys = Object.values<Setting<unknown>>(settings)
  .filter(({ secret }) => secret)
  .map(fileKey);

const introduction = `# Settings of open-asr-server. Remove the # before a key to set it.
# A file with ${secretKeys.join(", ").replace(/, ([^,]*)$/u, " or $1")} must be readable only by its owner: chmod 600.`;

function settingLines(entry: Setting<unknown>): string[] {
  const key = fileKey(entry);
  if (key === null) return [];
  const { help, fallback, fallbackText } = entry;
  const hasNote = fallbackText !== undefined && typeof fallback !== "boolean";
  const note = hasNote ? ` (default: ${fallbackText})` : "";
  return ["", `# ${help}${note}`, `#${key} = ${tomlValue(entry)}`];
}

function tomlValue({ fallback, value }: Setting<unknown>): string {
  const isFixed = typeof fallback === "number" || typeof fallback === "boolean";
  if (isFixed) return String(fallback);
  if (typeof fallback === "string") return JSON.stringify(fallback);
  // The hint of a number is its range, for example "1..255". The minimum is used as the placeholder. The hint of a list
  // ends with ",...", which is removed.
  if (value.toml === "number") return value.hint.split("..", 1)[0] ?? "";
  const placeholder = JSON.stringify(value.options?.[0] ?? value.hint.replace(/,\.\.\.$/u, ""));
  return value.toml === "array" ? `[${placeholder}]` : placeholder;
}

/** Defines the types of setting values. A type describes how a value is written, parsed and explained. */
import { resolve } from "node:path";
import { languageExpected, readLanguage } from "../models/language-choice.ts";
import { ipVersion } from "../platform/ip-address.ts";
import { withHomeFolder } from "../platform/home-folder.ts";

export interface Value<T> {
  /** Placeholder that `--help` shows instead of a value. */
  readonly hint: string;
  /** Short description of the allowed values. */
  readonly range: string;
  /** Description of a valid value. It completes the sentence `NAME is "x", expected ...`. */
  readonly expected: string;
  /**
   * Parses the text. Returns undefined when the text is not an allowed value. If the text comes from a configuration
   * file, `folder` is the folder of this file, and relative paths are relative to `folder`. Otherwise they are relative
   * to the current folder.
   */
  readonly read: (text: string, folder?: string) => T | undefined;
  /** Form in which a configuration file contains the value. */
  readonly toml: TomlForm;
  /** Parses the items of an array in a configuration file. Defined only for lists. */
  readonly readItems?: (items: readonly string[], folder?: string) => T | undefined;
  /** Returns the first invalid item of a list. Null when all items are valid. Defined only for lists. */
  readonly wrongItem?: (items: readonly string[]) => WrongItem | null;
  /** All allowed values. Undefined when there are too many to list. */
  readonly options?: readonly string[];
}

interface WrongItem {
  readonly item: string;
  /** Position of the item in the list, counted from 1. */
  readonly position: number;
}

type TomlForm = "array" | "boolean" | "number" | "string";

export function text(hint: string): Value<string> {
  return {
    hint,
    range: "text",
    expected: "some text",
    toml: "string",
    read: (written) => written.trim() || undefined,
  };
}

export function path(hint: string): Value<string> {
  return {
    hint,
    range: "path",
    expected: "a path",
    toml: "string",
    read: (written, folder) =>
      folder === undefined ? resolve(written) : resolve(folder, withHomeFolder(written)),
  };
}

/**
 * The type for a host to listen on: an IP address, also in brackets, or a host name. Other text is invalid, because the
 * system could interpret it as "all addresses". For example, the system interprets `*` in this way.
 */
export function host(hint: string): Value<string> {
  return {
    hint,
    range: "address, host name",
    expected:
      "an IP address or a host name without scheme and port, such as 127.0.0.1 or 0.0.0.0; --port sets the port",
    toml: "string",
    read(written) {
      const bare = written.trim().replace(/^\[(.*)\]$/, "$1");
      return ipVersion(bare) !== null || hostName.test(bare) ? bare : undefined;
    },
  };
}

/** The type for an http or https URL. */
export function address(hint: string): Value<string> {
  return {
    hint,
    range: "http or https address",
    expected: "an address such as https://hub.example",
    toml: "string",
    read: (written) =>
      /^https?:\/\/[^\s/]/u.test(written) && URL.canParse(written) ? written : undefined,
  };
}

/**
 * The type for a comma-separated list. `isItem` validates one item. `items` describes valid items in error messages.
 */
export function list(
  hint: string,
  items = "",
  isItem: (item: string) => boolean = () => true,
): Value<readonly string[]> {
  const readItems = (written: readonly string[]) => {
    const found = withoutBlanks(written);
    // Rejects an empty list. For example, an empty list of allowed models would allow every model.
    return found.length > 0 && found.every(isItem) ? Object.freeze(found) : undefined;
  };
  return {
    hint,
    range: "list",
    expected: `a comma-separated list${items === "" ? "" : ` of ${items}`}, at least one`,
    toml: "array",
    readItems,
    wrongItem(written) {
      const found = withoutBlanks(written);
      const index = found.findIndex((item) => !isItem(item));
      return index < 0 ? null : { item: found[index]!, position: index + 1 };
    },
    read: (written) => readItems(written.split(",")),
  };
}

/**
 * The type for a comma-separated list of parsed items. `readItem` parses one item and returns null for an invalid item.
 */
export function listOf<T>(
  hint: string,
  items: string,
  readItem: (item: string, folder?: string) => T | null,
): Value<readonly T[]> {
  const texts = list(hint, items, (item) => readItem(item) !== null);
  return {
    ...texts,
    readItems: (written, folder) =>
      texts.readItems?.(written)?.flatMap((item) => readItem(item, folder) ?? []),
    read: (written) => texts.read(written)?.flatMap((item) => readItem(item) ?? []),
  };
}

export function integer(hint: string, min: number, max: number): Value<number> {
  const range = `${min} to ${max}`;
  return {
    hint,
    range,
    expected: `a whole number from ${range}`,
    toml: "number",
    read(written) {
      const number = /^\d+$/.test(written) ? Number(written) : Number.NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

export function integerWithin({ min, max }: Range): Value<number> {
  return integer(`${min}..${max}`, min, max);
}

export function decimal({ min, max }: Range): Value<number> {
  const range = `${min} to ${max}`;
  return {
    hint: `${min}..${max}`,
    range,
    expected: `a number from ${range}`,
    toml: "number",
    read(written) {
      const number = /^\d*\.?\d+$/.test(written) ? Number(written) : Number.NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}

export function choice<const T extends string>(
  options: readonly T[],
  hint: string = options.join("|"),
): Value<T> {
  return {
    hint,
    range: options.join(", "),
    expected: options.join(" or "),
    toml: "string",
    options,
    read: (written) => options.find((option) => option === written),
  };
}

/** The type for a language. The value is the language code, or null when the language must be detected. */
export function language(): Value<string | null> {
  return {
    hint: "LANGUAGE",
    range: "language, auto",
    expected: languageExpected,
    toml: "string",
    read: (written) => readLanguage(written)?.code,
  };
}

export function onOff(): Value<boolean> {
  return booleanValue("on", "off");
}

export function flag(): Value<boolean> {
  return booleanValue("true", "false", { "1": true, "0": false });
}

// --- internal ---

/** Removes spaces at the start and end of each item. Omits blank items. */
function withoutBlanks(items: readonly string[]): string[] {
  return items.map((item) => item.trim()).filter((item) => item !== "");
}

/**
 * Matches a host name: labels of letters, digits, hyphens and underscores, separated by dots. No label starts or ends
 * with a hyphen.
 */
const hostName =
  /^(?=.{1,253}$)[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?(?:\.[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?)*\.?$/u;

/**
 * The type for a value that is true or false. `also` contains additional spellings that the server accepts but does not
 * document.
 */
function booleanValue(
  yes: string,
  no: string,
  also: Readonly<Record<string, boolean>> = {},
): Value<boolean> {
  const values = new Map(Object.entries({ [yes]: true, [no]: false, ...also }));
  return {
    hint: `${yes}|${no}`,
    range: `${yes}, ${no}`,
    expected: `${yes} or ${no}`,
    toml: "boolean",
    options: [yes, no],
    read: (written) => values.get(written),
  };
}

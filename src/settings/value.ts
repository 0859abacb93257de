/** Defines the types of setting values. A type describes how a value is written, parsed and explained. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import { languageExpected, readLanguage } from "../models/language-choice.ts";

export interface Value<T> {
  /** Placeholder that `--help` shows instead of a value. */
  readonly hint: string;
  /** Short description of the allowed values. */
  readonly range: string;
  /** Description of a valid value. It completes the sentence `NAME is "x", expected ...`. */
  readonly expected: string;
  /** Parses the text. Returns undefined when the text is not an allowed value. */
  readonly read: (text: string) => T | undefined;
  /** Returns the first invalid item of a list with several items. Null when there is none. Present for lists. */
  readonly wrongItem?: (text: string) => WrongItem | null;
}

interface WrongItem {
  readonly item: string;
  /** Position of the item in the list, counted from 1. */
  readonly position: number;
}

export function text(hint: string): Value<string> {
  return {
    hint,
    range: "text",
    expected: "some text",
    read: (written) => written.trim() || undefined,
  };
}

export function path(hint: string): Value<string> {
  return { hint, range: "path", expected: "a path", read: (written) => resolve(written) };
}

/**
 * The type for a host to listen on: an IP address, also in brackets, or a host name. Other text is invalid, because the
 * system could read it as every address: `*` does.
 */
export function host(hint: string): Value<string> {
  return {
    hint,
    range: "address, host name",
    expected:
      "an IP address or a host name without scheme and port, such as 127.0.0.1 or 0.0.0.0; --port sets the port",
    read(written) {
      const bare = written.trim().replace(/^\[(.*)\]$/, "$1");
      return isIP(bare) > 0 || hostName.test(bare) ? bare : undefined;
    },
  };
}

/** The type for an http or https URL. */
export function address(hint: string): Value<string> {
  return {
    hint,
    range: "http or https address",
    expected: "an address such as https://hub.example",
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
  return {
    hint,
    range: "list",
    expected: `a comma-separated list${items === "" ? "" : ` of ${items}`}, at least one`,
    wrongItem(written) {
      const found = itemsOf(written);
      const index = found.findIndex((item) => !isItem(item));
      return index < 0 || found.length === 1 ? null : { item: found[index]!, position: index + 1 };
    },
    read(written) {
      const found = itemsOf(written);
      // Rejects an empty list, because a setting with an empty list of allowed values would allow everything.
      return found.length > 0 && found.every(isItem) ? Object.freeze(found) : undefined;
    },
  };
}

/**
 * The type for a comma-separated list of parsed items. `readItem` parses one item and returns null for an invalid item.
 */
export function listOf<T>(
  hint: string,
  items: string,
  readItem: (item: string) => T | null,
): Value<readonly T[]> {
  const { read, ...texts } = list(hint, items, (item) => readItem(item) !== null);
  return {
    ...texts,
    read: (written) => read(written)?.flatMap((item) => readItem(item) ?? []),
  };
}

export function integer(hint: string, min: number, max: number): Value<number> {
  const range = `${min} to ${max}`;
  return {
    hint,
    range,
    expected: `a whole number from ${range}`,
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
    read: (written) => options.find((option) => option === written),
  };
}

/** The type for a language. The value is the language code, or null when the language must be detected. */
export function language(): Value<string | null> {
  return {
    hint: "LANGUAGE",
    range: "language, auto",
    expected: languageExpected,
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

/** Returns the items of a comma-separated list. Omits blank items. */
function itemsOf(written: string): string[] {
  return written
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Labels of letters, digits, hyphens and underscores, separated by dots. No label starts or ends with a hyphen. */
const hostName =
  /^(?=.{1,253}$)[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?(?:\.[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?)*\.?$/u;

/** The type for two values. `also` contains spellings that the server accepts but does not document. */
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
    read: (written) => values.get(written),
  };
}

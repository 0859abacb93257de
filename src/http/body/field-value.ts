/** Parses the text of one form field, and checks its value against the schema of the field. */
import { type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { AsrError } from "../../errors.ts";
import { expectedValues } from "../expected-values.ts";

/**
 * Returns the value of a field. `earlier` is the value that the form already contains for this field, or undefined.
 * Only a list may be sent more than once; its new items are appended to `earlier`. Throws AsrError.
 */
export function parseField(
  name: string,
  schema: TSchema,
  written: string,
  earlier: unknown,
): unknown {
  if (schema["type"] === "array") {
    return parseList(name, schema, written, Array.isArray(earlier) ? earlier : []);
  }
  if (earlier !== undefined) {
    throw invalid(name, `Cannot use the field "${name}": it was sent more than once`);
  }
  return parseOne(name, schema, written);
}

/** Parses a boolean in the spellings that clients use. Null for any other text. */
export function parseBoolean(written: string): boolean | null {
  const word = written.trim().toLowerCase();
  if (["true", "1", "yes", "on"].includes(word)) return true;
  return ["false", "0", "no", "off"].includes(word) ? false : null;
}

/** Returns whether the text `written` is a valid value of the schema. */
export function isValueOf(schema: TSchema, written: string): boolean {
  return Value.Check(schema, converted(schema, written));
}

export function invalid(param: string, message: string): AsrError {
  return new AsrError("invalid_request", message, { param });
}

/** Creates the error for two fields that mean the same but have different values. */
export function contradiction(name: string, sameAs: string): AsrError {
  const message = `Cannot use ${name} together with ${sameAs}: they mean the same, but their values differ; send one of them`;
  return invalid(name, message);
}

/** Quotes text from a client for an error message, and shortens it to 100 characters. */
export function shown(written: string): string {
  return JSON.stringify(written.slice(0, 100));
}

// --- internal ---

/** Maximum number of characters in one field that contains a list. Lists of real requests are shorter. */
const listCharactersMax = 25_000;
const granularityCharactersMax = 64;

/**
 * Appends the items of a comma-separated list to the items of earlier fields. Checks the length of the text first,
 * because a long text can contain many items, and to check many items takes long.
 */
function parseList(
  name: string,
  schema: TSchema,
  written: string,
  earlier: readonly unknown[],
): unknown[] {
  const isShort = name === "timestamp_granularities";
  const charactersMax = isShort ? granularityCharactersMax : listCharactersMax;
  if (written.length > charactersMax) {
    const message = `Cannot use the ${name}: expected at most ${charactersMax} characters in one field`;
    throw invalid(name, message);
  }
  const items = itemsOf(written)
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map((item) => parseOne(name, schema["items"], item));
  const all = [...earlier, ...items];
  const itemsMax = schema["maxItems"] ?? Infinity;
  if (all.length > itemsMax) {
    throw invalid(name, `Cannot use ${all.length} ${name}: expected at most ${itemsMax}`);
  }
  return all;
}

/** Returns the items of a JSON array of strings or of a comma-separated list. */
function itemsOf(written: string): readonly string[] {
  if (!/^\s*\[.*\]\s*$/s.test(written)) return written.split(",");
  try {
    const items: unknown = JSON.parse(written);
    if (Value.Check(texts, items)) return items;
  } catch {
    // The text starts and ends with a bracket but is not JSON. Therefore it is read as a comma-separated list whose
    // items contain brackets.
  }
  return written.split(",");
}

const texts = Type.Array(Type.String());

/**
 * Converts the text to the type of the schema. Does not use Value.Convert for integers, because Value.Convert would
 * remove the fraction of a number instead of rejecting it.
 */
function converted(schema: TSchema, written: string): unknown {
  if (schema["type"] === "integer") return Number(written);
  const literals: readonly TSchema[] = schema["anyOf"] ?? [schema];
  if (literals.some(({ type }) => type === "boolean")) {
    const value = parseBoolean(written);
    if (value !== null) return value;
  }
  const literal = literals.find(({ const: text }) => isSameWord(text, written));
  return literal === undefined ? Value.Convert(schema, written) : literal.const;
}

/** Returns whether both texts are the same word, in upper or lower case. For example, clients write `srt` and `SRT`. */
function isSameWord(literal: unknown, written: string): boolean {
  return typeof literal === "string" && literal.toLowerCase() === written.trim().toLowerCase();
}

function parseOne(name: string, schema: TSchema, written: string): unknown {
  const value = converted(schema, written);
  if (Value.Check(schema, value)) return value;
  throw invalid(
    name,
    `Cannot use the ${name} ${shown(written)}: expected ${expectedValues(schema)}`,
  );
}

/** Parses and checks the text of one form field by its schema. */
import { type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { AsrError } from "../../errors.ts";
import { expectedValues } from "../expected-values.ts";

/** `earlier`: the value of the same field, if it was sent before. Only a list can be sent in parts. Throws AsrError. */
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

/** Whether `written` is a value of the schema. */
export function isValueOf(schema: TSchema, written: string): boolean {
  return Value.Check(schema, converted(schema, written));
}

export function invalid(param: string, message: string): AsrError {
  return new AsrError("invalid_request", message, { param });
}

/** The error for a field that was sent under two names, with different values. */
export function contradiction(name: string, sameAs: string): AsrError {
  const message = `Cannot use ${name} together with ${sameAs}: they mean the same, but their values differ; send one of them`;
  return invalid(name, message);
}

/** Quotes the text of a client, shortened. */
export function shown(written: string): string {
  return JSON.stringify(written.slice(0, 100));
}

// --- internal ---

/** Most characters in one list field. Sensible values are shorter. */
const listCharactersMax = 25_000;
const granularityCharactersMax = 64;

/** Appends the items of a list separated by commas. Checks the length first, because each item costs time. */
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

/** The items of a JSON array of texts, or of a list separated by commas. */
function itemsOf(written: string): readonly string[] {
  if (!/^\s*\[.*\]\s*$/s.test(written)) return written.split(",");
  try {
    const items: unknown = JSON.parse(written);
    if (Value.Check(texts, items)) return items;
  } catch {
    // It is a list whose items have brackets.
  }
  return written.split(",");
}

const texts = Type.Array(Type.String());

/** Value.Convert would cut the fraction off an integer. */
function converted(schema: TSchema, written: string): unknown {
  return schema["type"] === "integer" ? Number(written) : Value.Convert(schema, written);
}

function parseOne(name: string, schema: TSchema, written: string): unknown {
  const value = converted(schema, written);
  if (Value.Check(schema, value)) return value;
  throw invalid(
    name,
    `Cannot use the ${name} ${shown(written)}: expected ${expectedValues(schema)}`,
  );
}

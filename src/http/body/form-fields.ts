/** The table of all fields of a transcription form, and the function that checks one field. */
import { type TSchema, Type } from "@sinclair/typebox";
import { AsrError } from "../../errors.ts";
import { languageExpectedFor, readLanguage } from "../../models/language-choice.ts";
import { expectedValues } from "../expected-values.ts";
import { otherFields, type OtherFields } from "../other-fields.ts";
import { type TranscriptionFields, transcriptionFields } from "../schema.ts";
import { invalid, isValueOf, parseField, shown } from "./field-value.ts";

/** Checked values by field name. */
export type FormFields = TranscriptionFields & OtherFields;

export interface ParsedField {
  readonly name: keyof FormFields;
  readonly value: unknown;
}

/** Returns the name of a field without the brackets of an array item or a member. */
export function baseName(wireName: string): string {
  return wireName.replace(/\[.*$/s, "");
}

/** Returns the names of all fields that contain text. */
export function fieldNames(): string[] {
  return [...fields.keys()];
}

/**
 * Checks one field of a form. `sent` contains the fields before it. Returns null when the text is blank, because the
 * field then counts as absent. Throws AsrError.
 */
export function parseFormField(
  wireName: string,
  written: string,
  sent: Readonly<FormFields>,
): ParsedField | null {
  const name = baseName(wireName);
  const field = fields.get(name);
  if (field === undefined || !isNameOf(name, field, wireName)) throw unknownField(wireName);
  // The field counts as absent, because some clients send an empty field for each option that the user did not set.
  if (written.trim() === "") return null;
  if (asksForMore(field, written)) throw unsupported(name, field, written);
  const known = name as keyof FormFields;
  const value = parseField(name, field.schema, written, sent[known]);
  if (known === "language") checkLanguage(written);
  return { name: known, value };
}

// --- internal ---

interface Field {
  readonly schema: TSchema;
  /**
   * A function that this server does not have, as a verb phrase for the error message, for example "recognize
   * speakers". A value that does not match the schema requests this function.
   */
  readonly lacks?: string;
  /** The only value that requests the missing function. Other values that do not match the schema are invalid. */
  readonly lackingValue?: string;
  /** Whether the name may end with any text in brackets, because the server does not know the members of the field. */
  readonly hasAnySuffix?: true;
}

const { stream, response_format: format, ...plainFields } = transcriptionFields.properties;
const never: Field = { schema: Type.Never(), lacks: "support it", hasAnySuffix: true };

/**
 * All fields by name: the fields of this server, the fields that clients of other servers send, and fields of OpenAI
 * that are not supported yet.
 */
const fields: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...Object.entries<TSchema>(plainFields).map(([name, schema]) => [name, { schema }] as const),
  ["stream", { schema: stream, lacks: "support it" }],
  ["response_format", { schema: format, lacks: "support it", lackingValue: "diarized_json" }],
  ...Object.entries<Field>(otherFields),
  ["chunking_strategy", never],
  ["include", never],
  ["known_speaker_names", never],
  ["known_speaker_references", never],
  ["languages", never],
]);

/**
 * Returns whether `wireName` refers to this field. `wireName` must be the name of the field or, for an array, the name
 * of an item: `name[]` or `name[0]`.
 */
function isNameOf(name: string, { schema, hasAnySuffix }: Field, wireName: string): boolean {
  if (wireName === name || hasAnySuffix === true) return true;
  return schema["type"] === "array" && /^\[\d*\]$/.test(wireName.slice(name.length));
}

/** Returns whether the value requests a function that this server does not have. */
function asksForMore({ schema, lacks, lackingValue }: Field, written: string): boolean {
  if (lacks === undefined) return false;
  return lackingValue === undefined ? !isValueOf(schema, written.trim()) : written === lackingValue;
}

function checkLanguage(written: string): void {
  if (readLanguage(written) !== undefined) return;
  const expected = languageExpectedFor(written);
  throw invalid("language", `Cannot use the language ${shown(written)}: expected ${expected}`);
}

function unsupported(name: string, { schema, lacks }: Field, written: string): AsrError {
  const values = expectedValues(schema);
  const instead = values === "" ? "leave it out" : `send ${values}, or leave it out`;
  const message = `Cannot use ${name} ${shown(written)}: this server does not ${lacks}; ${instead}`;
  return new AsrError("unsupported_value", message, { param: name });
}

function unknownField(wireName: string): AsrError {
  const known = Object.keys(transcriptionFields.properties).join(", ");
  const message = `Cannot use the field ${shown(wireName)}: expected file, ${known}`;
  return invalid(wireName.slice(0, 100), message);
}

/** The table of all fields of a transcription form, and the check of one field. */
import { type TSchema, Type } from "@sinclair/typebox";
import { AsrError } from "../../errors.ts";
import { languageExpectedFor, readLanguage } from "../../models/language-choice.ts";
import { expectedValues } from "../expected-values.ts";
import { otherFields, type OtherFields } from "../other-fields.ts";
import { type TranscriptionFields, transcriptionFields } from "../schema.ts";
import { invalid, isValueOf, parseField, shown } from "./field-value.ts";

/** Checked values by the name of the field. */
export type FormFields = TranscriptionFields & OtherFields;

export interface ParsedField {
  readonly name: keyof FormFields;
  readonly value: unknown;
}

/** The name of a field without the brackets of an item or a member. */
export function baseName(wireName: string): string {
  return wireName.replace(/\[.*$/s, "");
}

/** Names of all fields that carry text. */
export function fieldNames(): string[] {
  return [...fields.keys()];
}

/** Checks a field. `sent`: the fields before it. Null: it is blank, and counts as absent. Throws AsrError. */
export function parseFormField(
  wireName: string,
  written: string,
  sent: Readonly<FormFields>,
): ParsedField | null {
  const name = baseName(wireName);
  const field = fields.get(name);
  if (field === undefined || !isNameOf(name, field, wireName)) throw unknownField(wireName);
  // Some clients send an empty field for each option that the user did not set.
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
  /** What this server does not do. A value that does not match the schema asks for it. */
  readonly lacks?: string;
  /** Only this value asks for it; other values are invalid. */
  readonly lackingValue?: string;
  /** The name may have any suffix in brackets: the server does not know the field's members. */
  readonly hasAnySuffix?: true;
}

const { response_format: format, ...plainFields } = transcriptionFields.properties;
const never: Field = { schema: Type.Never(), lacks: "support it", hasAnySuffix: true };

/** The server's own fields, those of other servers' clients, and the fields of OpenAI that are not supported yet. */
const fields: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...Object.entries<TSchema>(plainFields).map(([name, schema]) => [name, { schema }] as const),
  ["response_format", { schema: format, lacks: "support it", lackingValue: "diarized_json" }],
  ...Object.entries<Field>(otherFields),
  ["chunking_strategy", never],
  ["include", never],
  ["known_speaker_names", never],
  ["known_speaker_references", never],
  ["languages", never],
]);

/** Whether `wireName` is the field's name or, for an array, the name of an item: `name[]` or `name[0]`. */
function isNameOf(name: string, { schema, hasAnySuffix }: Field, wireName: string): boolean {
  if (wireName === name || hasAnySuffix === true) return true;
  return schema["type"] === "array" && /^\[\d*\]$/.test(wireName.slice(name.length));
}

/** Whether the value asks for something that this server does not do. */
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

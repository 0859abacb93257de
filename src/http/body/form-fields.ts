/** Parses and checks the fields of a form. */
import { AsrError } from "../../errors.ts";
import { languageExpectedFor, readLanguage } from "../../models/language-choice.ts";
import { expectedValues } from "../expected-values.ts";
import type { Task } from "../../transcript/transcript.ts";
import type { OtherFields } from "../other-fields.ts";
import type { TranscriptionFields } from "../schema.ts";
import { type Field, fieldsOf, knownNames } from "./field-tables.ts";
import { invalid, isValueOf, parseField, shown } from "./field-value.ts";

/** Checked values by field name. */
export type FormFields = TranscriptionFields & OtherFields;

export interface ParsedField {
  readonly name: keyof FormFields;
  readonly value: unknown;
}

/**
 * Returns the name of a field without the brackets that follow it, for example `name` for `name[]` or `name[member]`.
 */
export function baseName(wireName: string): string {
  return wireName.replace(/\[.*$/s, "");
}

/** Returns whether a form may contain a field with this name. */
export function isFieldName(name: string): boolean {
  return fieldsOf("transcribe").has(name);
}

/**
 * Checks one field of a form. `sent` contains the fields that arrived earlier. Returns null when the text is blank,
 * because the form is then treated as if it did not contain the field. Throws AsrError.
 */
export function parseFormField(
  wireName: string,
  written: string,
  { sent, task }: { readonly sent: Readonly<FormFields>; readonly task: Task },
): ParsedField | null {
  const name = baseName(wireName);
  const field = fieldsOf(task).get(name);
  if (field === undefined || !isNameOf(name, field, wireName)) throw unknownField(wireName, task);
  // A blank field is ignored, because some clients send an empty field for each option that the user did not set.
  if (written.trim() === "") return null;
  if (asksForMore(field, written)) throw unsupported(name, field, written);
  const known = name as keyof FormFields;
  const value = parseField(name, field.schema, written, sent[known]);
  if (known === "language") checkLanguage(written);
  if (known === "languages") checkCandidates(value as readonly string[]);
  return { name: known, value };
}

// --- internal ---

/**
 * Returns whether `wireName` means this field. It must be the name of the field or, for an array, the name of an item:
 * `name[]` or `name[0]`.
 */
function isNameOf(name: string, { schema, hasAnySuffix }: Field, wireName: string): boolean {
  if (wireName === name || hasAnySuffix === true) return true;
  return schema["type"] === "array" && /^\[\d*\]$/.test(wireName.slice(name.length));
}

/** Returns whether the value requests a feature that this route does not have. */
function asksForMore({ schema, lacks, lackingValue }: Field, written: string): boolean {
  if (lacks === undefined) return false;
  return lackingValue === undefined ? !isValueOf(schema, written.trim()) : written === lackingValue;
}

function checkLanguage(written: string): void {
  if (readLanguage(written) !== undefined) return;
  const expected = languageExpectedFor(written);
  throw invalid("language", `Cannot use the language ${shown(written)}: expected ${expected}`);
}

/**
 * Checks the list of languages from which the detection chooses. Each item must be a language, so "auto" is invalid.
 * Throws AsrError.
 */
function checkCandidates(languages: readonly string[]): void {
  for (const written of languages) {
    if (typeof readLanguage(written)?.code === "string") continue;
    const expected = languageExpectedFor(written, false);
    throw invalid("languages", `Cannot use the language ${shown(written)}: expected ${expected}`);
  }
}

function unsupported(name: string, field: Field, written: string): AsrError {
  const { schema, lacks, otherRoute } = field;
  const values = expectedValues(schema);
  const instead = values === "" ? "leave it out" : `send ${values}, or leave it out`;
  const route = otherRoute === undefined ? "" : `, or use POST ${otherRoute}`;
  const message = `Cannot use ${name} ${shown(written)}: this route does not ${lacks}; ${instead}${route}`;
  return new AsrError("unsupported_value", message, { param: name });
}

function unknownField(wireName: string, task: Task): AsrError {
  const known = knownNames(task).join(", ");
  const message = `Cannot use the field ${shown(wireName)}: expected file, ${known}`;
  return invalid(wireName.slice(0, 100), message);
}

/** Defines the tables of all fields of the forms for transcriptions and translations. */
import { type TSchema, Type } from "@sinclair/typebox";
import type { Task } from "../../transcript/transcript.ts";
import { otherFields } from "../other-fields.ts";
import { transcriptionFields, translationFields } from "../schema.ts";

export interface Field {
  readonly schema: TSchema;
  /**
   * Feature that this route does not have, as a verb phrase for the error message, for example "recognize speakers". If
   * a client sends a value that does not match the schema, the client requests this feature.
   */
  readonly lacks?: string;
  /**
   * The only value that requests the missing feature. All other values that do not match the schema are simply invalid.
   * Undefined when every value that does not match the schema requests the feature.
   */
  readonly lackingValue?: string;
  /** Path of the route that has the feature. */
  readonly otherRoute?: string;
  /**
   * Whether any text in brackets may follow the name, as in `name[text]`. The server does not know the members of such
   * a field.
   */
  readonly hasAnySuffix?: true;
}

export const paths: Readonly<Record<Task, string>> = {
  transcribe: "/v1/audio/transcriptions",
  translate: "/v1/audio/translations",
};

export function fieldsOf(task: Task): ReadonlyMap<string, Field> {
  return tables[task];
}

/** Returns the names of the fields that OpenAI or this server defines, for error messages. */
export function knownNames(task: Task): string[] {
  return Object.keys(task === "translate" ? translationFields.properties : ownFields);
}

// --- internal ---

const ownFields: Readonly<Record<string, TSchema>> = transcriptionFields.properties;
const never: Field = { schema: Type.Never(), lacks: "support it", hasAnySuffix: true };

const tables: Readonly<Record<Task, ReadonlyMap<string, Field>>> = {
  transcribe: new Map([
    ...withSchema(ownFields),
    ...Object.entries<Field>(otherFields),
    ["task", elsewhere(otherFields.task.schema, "translate")],
    ["translate", elsewhere(otherFields.translate.schema, "translate")],
    ["known_speaker_names", never],
    ["known_speaker_references", never],
  ]),
  translate: new Map([
    // The table also contains the fields that exist only for transcriptions. If a client sends such a field, the error
    // says that the field is unsupported. Without these fields in the table, the error would say that the field is
    // unknown.
    ...Object.keys(ownFields).map((name): [string, Field] => [name, never]),
    ...withSchema(translationFields.properties),
    ...Object.entries<Field>(otherFields),
    ["task", elsewhere(otherFields.task.translation, "transcribe")],
    ["translate", elsewhere(otherFields.translate.translation, "transcribe")],
    ["hotwords", never],
    ["word_timestamps", never],
  ]),
};

function withSchema(schemas: Readonly<Record<string, TSchema>>): [string, Field][] {
  return Object.entries(schemas).map(([name, schema]) => [
    name,
    name === "response_format"
      ? { schema, lacks: "support it", lackingValue: "diarized_json" }
      : { schema },
  ]);
}

/**
 * Returns a field whose only valid value is the task of this route. If a client sends another value, the error names
 * the route for the other task.
 */
function elsewhere(schema: TSchema, other: Task): Field {
  return { schema, lacks: other, otherRoute: paths[other] };
}

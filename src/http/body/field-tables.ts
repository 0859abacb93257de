/** Defines the tables of all fields of the forms for transcriptions and translations. */
import { type TSchema, Type } from "@sinclair/typebox";
import type { Task } from "../../transcript/transcript.ts";
import { otherFields } from "../other-fields.ts";
import { transcriptionFields, translationFields } from "../schema.ts";

export interface Field {
  readonly schema: TSchema;
  /**
   * Feature that this route does not have, as a verb phrase for the error message, for example "recognize speakers". A
   * value that does not match the schema requests this feature.
   */
  readonly lacks?: string;
  /** The only value that requests the missing feature. Other values that do not match the schema are invalid. */
  readonly lackingValue?: string;
  /** Path of the route that has the feature. */
  readonly otherRoute?: string;
  /** Whether the name may end with any text in brackets, because the server does not know the members of the field. */
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
    // The table contains the fields that exist only for transcriptions. The error for such a field then says that it is
    // unsupported, not that it is unknown.
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
 * Returns a field that accepts only the task of this route. The error for another value names the route of the other
 * task.
 */
function elsewhere(schema: TSchema, other: Task): Field {
  return { schema, lacks: other, otherRoute: paths[other] };
}

/** The fields of the forms for transcriptions and translations. */
import { type TSchema, Type } from "@sinclair/typebox";
import type { Task } from "../../transcript/transcript.ts";
import { otherFields } from "../other-fields.ts";
import { transcriptionFields, translationFields } from "../schema.ts";

export interface Field {
  readonly schema: TSchema;
  /** What this route does not do. A value that does not match the schema asks for it. */
  readonly lacks?: string;
  /** Only this value asks for it; other values are invalid. */
  readonly lackingValue?: string;
  /** The route that does it. */
  readonly otherRoute?: string;
  /** The name may have any suffix in brackets: the server does not know the field's members. */
  readonly hasAnySuffix?: true;
}

export const paths: Readonly<Record<Task, string>> = {
  transcribe: "/v1/audio/transcriptions",
  translate: "/v1/audio/translations",
};

export function fieldsOf(task: Task): ReadonlyMap<string, Field> {
  return tables[task];
}

/** The names of the fields that OpenAI or this server defines, for error messages. */
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
    // Fields of transcriptions alone are rejected as such, not as unknown fields.
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

/** A field that only confirms the task of the route. */
function elsewhere(schema: TSchema, other: Task): Field {
  return { schema, lacks: other, otherRoute: paths[other] };
}

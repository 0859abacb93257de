/** Defines the schemas of all fields of requests for transcriptions and translations, for GET /openapi.json. */
import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import type { Task } from "../../transcript/transcript.ts";
import { fieldsOf } from "../body/field-tables.ts";
import { otherFields } from "../other-fields.ts";
import { transcriptionFields, translationFields } from "../schema.ts";

const file = Type.String({
  format: "binary",
  description:
    "The audio: wav, flac, mp3, mp2, m4a, mp4, mov, mkv, webm, ts, ogg, aac, aiff, caf or au, recognised by its content.",
});

export const transcriptionRequest = requestOf("transcribe", transcriptionFields);

export const translationRequest = requestOf("translate", translationFields);

// --- internal ---

function requestOf(task: Task, fields: TObject): TObject {
  return Type.Composite([fields, Type.Object(othersOf(task)), Type.Object({ file })], {
    additionalProperties: false,
  });
}

/** Returns the schemas of the fields that clients of other servers send and that this server accepts for the task. */
function othersOf(task: Task): Record<string, TSchema> {
  return Object.fromEntries(
    Object.entries(otherFields).flatMap(([name, { meaning }]) => {
      const schema = fieldsOf(task).get(name)?.schema;
      if (schema === undefined || schema["not"] !== undefined) return [];
      const description = `For clients of other servers. ${meaning}.`;
      return [[name, Type.Optional({ ...schema, description, "x-extension": true })]];
    }),
  );
}

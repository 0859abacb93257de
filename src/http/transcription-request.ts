/** Schema of all fields of a transcription request, for GET /openapi.json. */
import { type TSchema, Type } from "@sinclair/typebox";
import { otherFields } from "./other-fields.ts";
import { transcriptionFields } from "./schema.ts";

const described = Object.fromEntries(
  Object.entries<{ readonly schema: TSchema; readonly meaning: string }>(otherFields).map(
    ([name, { schema, meaning }]) => [
      name,
      Type.Optional({ ...schema, description: `For clients of other servers. ${meaning}.` }),
    ],
  ),
);

export const transcriptionRequest = Type.Composite(
  [
    transcriptionFields,
    Type.Object(described),
    Type.Object({
      file: Type.String({
        contentMediaType: "application/octet-stream",
        description:
          "The audio: wav, flac, mp3, mp2, m4a, mp4, mov, mkv, webm, ogg, aac, aiff, caf or au, recognised by its content.",
      }),
    }),
  ],
  { additionalProperties: false },
);

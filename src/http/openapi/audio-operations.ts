/** Describes the routes for transcriptions and translations. */
import { operationWith } from "./operation.ts";
import { eventStream, json, reference } from "./parts.ts";
import type { SchemaName } from "./schemas.ts";

const headers = {
  "openai-processing-ms": {
    description:
      "Milliseconds from the headers of the request to the headers of the response, the upload included",
    schema: { type: "integer", minimum: 0 },
  },
};

const texts = {
  "text/plain": { schema: { type: "string" } },
  "text/vtt": { schema: { type: "string" } },
};

export const createTranscription = {
  ...operationWith("createTranscription", "Transcribes audio in its spoken language", {
    description: "The transcript in the requested format",
    headers,
    content: {
      ...json({ anyOf: [reference("Transcription"), reference("TranscriptionVerbose")] }),
      ...eventStream(
        {
          anyOf: [
            reference("TranscriptDelta"),
            reference("TranscriptProgress"),
            reference("TranscriptDone"),
            reference("Error"),
          ],
        },
        "With stream=true: one event in each line `data:`. After an error, the last one is an Error.",
      ),
      ...texts,
    },
  }),
  requestBody: form("TranscriptionRequest"),
};

export const createTranslation = {
  ...operationWith(
    "createTranslation",
    "Transcribes audio in English, whatever its spoken language is",
    {
      description: "The English text in the requested format",
      headers,
      content: {
        ...json({ anyOf: [reference("Translation"), reference("TranslationVerbose")] }),
        ...texts,
      },
    },
  ),
  requestBody: form("TranslationRequest"),
};

// --- internal ---

function form(schema: SchemaName) {
  return { required: true, content: { "multipart/form-data": { schema: reference(schema) } } };
}

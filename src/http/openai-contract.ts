/** Reads requests for transcriptions and translations in the format of OpenAI, and writes OpenAI's responses. */
import { formats } from "../transcript/format.ts";
import type { Task } from "../transcript/transcript.ts";
import type { AudioContract, AudioReader, Output } from "./audio-contract.ts";
import { paths } from "./body/field-tables.ts";
import { rejectQuery } from "./body/query-parameters.ts";
import { TranscriptionForm, type TranscriptionRequest } from "./body/transcription-form.ts";

export function openaiContract(task: Task): AudioContract {
  return {
    path: paths[task],
    read(request) {
      rejectQuery(request);
      return openaiReader(task);
    },
  };
}

/** Returns the reader of a form with OpenAI's fields. */
export function openaiReader(task: Task): AudioReader {
  const form = new TranscriptionForm(task);
  return {
    body: { part: "file" },
    get choice() {
      return form.model === null ? null : { model: form.model, task };
    },
    addField: (name, value) => form.add(name, value),
    finish(vad) {
      const parameters = form.finish(vad);
      return { parameters, output: openaiOutput(parameters) };
    },
  };
}

// --- internal ---

function openaiOutput(parameters: TranscriptionRequest): Output {
  const { format, granularities, cueLimits, extras } = parameters;
  const { contentType, allowsSpaces, render } = formats[format];
  return {
    contentType,
    allowsSpaces,
    usesWordTimes: cueLimits !== null,
    render: (transcript) => render(transcript, granularities, cueLimits, extras),
  };
}

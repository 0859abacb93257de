/** Converts the options of the user to the request for one file. */
import type { Model } from "./api/models.ts";
import type { Order } from "./queue.ts";

export interface Options {
  /** Id of the model. Empty for the default model. */
  readonly model: string;
  /** Code of the language. Empty if the server detects it. */
  readonly language: string;
  readonly translate: boolean;
  readonly keywords: string;
  readonly prompt: string;
  readonly vad: boolean;
  readonly multilingual: boolean;
  readonly channels: boolean;
}

/** Returns the request. `model` are the facts about the chosen model. Null if they are unknown. */
export function orderOf(options: Options, model: Model | null): Order {
  const { translate, language } = options;
  const fields: [string, string][] = [["response_format", "verbose_json"]];
  const add = (name: string, value: string, isSent = value !== "") => {
    if (isSent) fields.push([name, value]);
  };
  add("model", options.model);
  add("language", language);
  add("prompt", options.prompt.trim());
  add("vad", "off", !options.vad);
  add("channel", "each", options.channels);
  // The server refuses both together, because a chosen language does not change.
  add("multilingual", "true", options.multilingual && language === "");
  // The route for translations has no streams, keywords and word times.
  if (translate) return { path: "v1/audio/translations", fields };
  add("stream", "true");
  for (const word of keywordsOf(options.keywords)) add("keywords[]", word);
  add("timestamp_granularities[]", "segment");
  add("timestamp_granularities[]", "word", model?.capabilities?.supports_word_timestamps !== false);
  return { path: "v1/audio/transcriptions", fields };
}

// --- internal ---

function keywordsOf(written: string): string[] {
  const words = written.split(/[,;\n、،]/).map((word) => word.trim());
  return words.filter((word) => word !== "");
}

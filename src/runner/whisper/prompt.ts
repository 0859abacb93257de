/** Builds the prompt tokens of every chunk of a job: the keywords, then the prompt. */
import type { TranscribeOptions } from "../../ipc/options.ts";
import type { Model } from "../engine/asr-model.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Returns the prompt tokens. Keywords come before the prompt, as in faster-whisper, where they are called hotwords. If
 * there is also a prompt, keywords get at most half of the tokens.
 *
 * If there are too many keywords, the last keywords are removed. If the prompt is too long, its beginning is removed,
 * because its end is next to the speech.
 */
export function promptTokens(
  { keywords, prompt }: Pick<TranscribeOptions, "keywords" | "prompt">,
  { model, tokenizer }: { readonly model: Model; readonly tokenizer: Tokenizer },
): Int32Array {
  const limit = model.info.nPromptMax;
  const after = tokenizer.last(limit, withLeadingSpace(prompt ?? ""));
  const keywordsMax = after.length === 0 ? limit : Math.floor(limit / 2);
  const before = tokenizer.first(keywordsMax, withLeadingSpace(keywords.join(", ")));
  const promptMax = limit - before.length;
  return Int32Array.of(...before, ...after.slice(Math.max(0, after.length - promptMax)));
}

// --- internal ---

/** Adds a space before the text, because in the vocabulary most words start with a space. */
function withLeadingSpace(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" ? "" : ` ${trimmed}`;
}

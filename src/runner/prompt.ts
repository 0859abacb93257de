/** What every chunk of a job is told before it is decoded: the keywords and the prompt. */
import type { TranscribeOptions } from "../job.ts";
import type { Model } from "./shim.ts";
import type { Tokenize } from "./tokenizer.ts";

/**
 * Keywords stand first, as faster-whisper's hotwords do, and are cut at their end, in favour of those named first;
 * the prompt is cut at its front, in favour of what stands next to the speech. Beside a prompt, keywords get half of the room.
 */
export async function promptTokens(
  { keywords, prompt }: Pick<TranscribeOptions, "keywords" | "prompt">,
  { model, tokenize }: { readonly model: Model; readonly tokenize: Tokenize },
): Promise<Int32Array> {
  const roomFor = model.info.nPromptMax;
  const after = await tokensOf(prompt ?? "", tokenize);
  const before = await tokensOf(keywords.join(", "), tokenize);
  const first = before.subarray(0, after.length === 0 ? roomFor : Math.floor(roomFor / 2));
  const last = after.subarray(Math.max(0, after.length - (roomFor - first.length)));
  return Int32Array.of(...first, ...last);
}

// --- internal ---

/** A word in the midst of text begins with its blank. */
async function tokensOf(text: string, tokenize: Tokenize): Promise<Int32Array> {
  const trimmed = text.trim();
  return trimmed === "" ? new Int32Array(0) : tokenize(` ${trimmed}`);
}

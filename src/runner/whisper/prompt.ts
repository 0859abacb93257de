/** What every chunk of a job is told before it is decoded: the keywords and the prompt. */
import type { TranscribeOptions } from "../../ipc/options.ts";
import type { Model } from "../engine/asr-model.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Keywords stand first, as faster-whisper's hotwords do, and are cut at their end, in favour of those named first;
 * the prompt is cut at its front, in favour of what stands next to the speech. Beside a prompt, keywords get half of the room.
 */
export function promptTokens(
  { keywords, prompt }: Pick<TranscribeOptions, "keywords" | "prompt">,
  { model, tokenizer }: { readonly model: Model; readonly tokenizer: Tokenizer },
): Int32Array {
  const room = model.info.nPromptMax;
  const after = tokenizer.last(room, inMidstOfText(prompt ?? ""));
  const roomBefore = after.length === 0 ? room : Math.floor(room / 2);
  const before = tokenizer.first(roomBefore, inMidstOfText(keywords.join(", ")));
  const roomAfter = room - before.length;
  return Int32Array.of(...before, ...after.slice(Math.max(0, after.length - roomAfter)));
}

// --- internal ---

/** There a word begins with its blank. */
function inMidstOfText(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" ? "" : ` ${trimmed}`;
}

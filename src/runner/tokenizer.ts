/** Cuts text into a model's tokens: the engine does, or the tokenizer.json beside the model. */
import { Tokenizer } from "@huggingface/tokenizers";
import { AsrError } from "../errors.ts";
import type { Model } from "./shim.ts";

export type Tokenize = (text: string) => Promise<Int32Array>;

/** `path` leads to a tokenizer.json, read at its first use; null: the engine has a tokenizer of its own. */
export function tokenizerOf(model: Model, path: string | null): Tokenize {
  if (path === null) return (text) => Promise.resolve(model.tokenize(text));
  let loading: Promise<Tokenizer> | null = null;
  return async (text) => {
    const tokenizer = await (loading ??= load(path, model));
    const { ids } = tokenizer.encode(text, { add_special_tokens: false });
    // Control tokens spelled out in the text are left out.
    return Int32Array.from(ids.filter((id) => id < model.info.tokenTextEnd));
  };
}

// --- internal ---

/** Whisper's first control token; the ids below it are text. */
const endOfText = "<|endoftext|>";

async function load(path: string, model: Model): Promise<Tokenizer> {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(await Bun.file(path).json(), {});
  } catch (error) {
    throw unusable("it cannot be read as a tokenizer.json", error);
  }
  const found = tokenizer.token_to_id(endOfText);
  if (found !== model.info.tokenTextEnd) {
    throw unusable(
      `it is that of another model: its ${endOfText} is ${found ?? "missing"}, the model's is ${model.info.tokenTextEnd}`,
    );
  }
  return tokenizer;

  function unusable(reason: string, cause?: unknown): AsrError {
    const words = `Cannot use the model's tokenizer.json: ${reason}; download the model again`;
    return new AsrError("model_load_failed", words, { cause });
  }
}

/** Reads a model that is embedded in the executable, and converts it to the format of its engine if necessary. */
import { embeddedFile, embeddedFiles } from "../platform/embedded.ts";
import { ctranslate2ToGgml } from "./conversion/ctranslate2-to-ggml.ts";
import type { ModelFiles } from "./engine/asr-structs.ts";

export interface EmbeddedModel {
  /** Name of the model among the embedded files. */
  readonly name: string;
  /** Name of the library of the engine that loads the model. */
  readonly engine: string;
}

/**
 * Returns the bytes of a ggml file, or the files of a CTranslate2 folder.
 *
 * If the executable contains a CTranslate2 folder but the engine is whisper.cpp, converts the model in memory. A
 * converted file on the disk would not save time, because to verify the file takes longer than to convert the model.
 * The converted model has the same bytes as the ggml file that other platforms embed.
 */
export async function readEmbeddedModel({
  name,
  engine,
}: EmbeddedModel): Promise<Uint8Array | ModelFiles> {
  const model = embeddedFiles(name);
  if (model === null) throw new Error(`this build does not include "${name}"`);
  const weights = await Bun.file(model.path).bytes();
  if (model.companions.length === 0) return weights;
  const files = new Map([[model.file, weights]]);
  for (const { file, path } of model.companions) files.set(file, await Bun.file(path).bytes());
  if (engine !== "whisper-cpp") return files;
  const vocabulary = new TextDecoder().decode(files.get("vocabulary.txt"));
  const corrections = embeddedFile(`${name}-corrections`);
  if (corrections === null) throw new Error(`this build does not include "${name}-corrections"`);
  return ctranslate2ToGgml({
    weights,
    vocabulary,
    corrections: await Bun.file(corrections).bytes(),
  });
}

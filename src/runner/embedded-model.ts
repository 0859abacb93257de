/** Reads a model that is embedded in the executable, and converts it to the format of its engine if necessary. */
import { readEmbeddedFiles } from "../platform/embedded-bytes.ts";
import { type EmbeddedFile, embeddedFile, embeddedFiles } from "../platform/embedded.ts";
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
  const isConverted = engine === "whisper-cpp" && model.companions.length > 0;
  const parts: Pick<EmbeddedFile, "file" | "path">[] = [model, ...model.companions];
  if (isConverted) parts.push({ file: correctionsFile, path: correctionsPath(name) });
  const contents = await readEmbeddedFiles(parts.map(({ path }) => path));
  const files = new Map(parts.map(({ file }, index) => [file, contents[index]!] as const));
  const weights = files.get(model.file)!;
  if (model.companions.length === 0) return weights;
  if (!isConverted) return files;
  const vocabulary = new TextDecoder().decode(files.get("vocabulary.txt"));
  return ctranslate2ToGgml({ weights, vocabulary, corrections: files.get(correctionsFile)! });
}

// --- internal ---

const correctionsFile = "corrections";

function correctionsPath(model: string): string {
  const path = embeddedFile(`${model}-corrections`);
  if (path === null) throw new Error(`this build does not include "${model}-corrections"`);
  return path;
}

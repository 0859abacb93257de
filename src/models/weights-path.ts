/** Finds the file with the weights of a model. */
import { join } from "node:path";
import type { Backend } from "./backends/backend.ts";
import { readFacts } from "./file-facts.ts";

/**
 * Returns the path of the file with the weights: the first of the backend's names that exists, otherwise the last one.
 * `path` is the file or the folder of the model.
 */
export async function weightsPath(
  { weightsFile = "" }: Pick<Backend, "weightsFile">,
  path: string,
): Promise<string> {
  const paths = [weightsFile].flat().map((file) => join(path, file));
  for (const one of paths.slice(0, -1)) if ((await readFacts(one)) !== null) return one;
  return paths.at(-1) ?? path;
}

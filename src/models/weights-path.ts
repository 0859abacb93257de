/** Finds the file with the weights of a model. */
import { join } from "node:path";
import type { Backend } from "./backends/backend.ts";
import { isAtPath } from "./file-facts.ts";

/** Returns the path of the file with the weights. `path` is the file or the folder of the model. */
export function weightsPath(
  { weightsFile = "" }: Pick<Backend, "weightsFile">,
  path: string,
): string {
  const paths = [weightsFile].flat().map((file) => join(path, file));
  return paths.find(isAtPath) ?? paths[0] ?? path;
}

/**
 * Collects names that may refer to a model on this machine: the names of embedded models, of published models, and of
 * files and folders.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { modelOfGgufFile } from "./backends/transcribe-cpp-models.ts";
import { findSnapshot } from "./hub-cache.ts";
import { isRepositoryName, mainRevision } from "./hub/hub.ts";
import type { FinderOptions } from "./model-finder.ts";
import { modelOfGgmlFile } from "./model-names.ts";

/**
 * Returns the names without duplicates: first the embedded models, then the published models, then files and folders.
 */
export async function namesOnMachine(
  options: Pick<FinderOptions, "backends" | "modelDir" | "hubCacheFolder">,
): Promise<readonly string[]> {
  const { backends, modelDir, hubCacheFolder } = options;
  const folders = [modelDir, hubCacheFolder].filter((folder) => folder !== null);
  const stored = await Promise.all(folders.map(namesIn));
  return [
    ...new Set([
      ...backends.flatMap(({ embedded }) => Object.keys(embedded)),
      ...backends.flatMap(({ publishedModels }) => publishedModels),
      ...stored.flat(),
    ]),
  ];
}

// --- internal ---

/**
 * Returns the names of the models in a folder. The folder is the operator's model folder or the cache of the Hugging
 * Face tools.
 */
async function namesIn(folder: string): Promise<string[]> {
  const names = await Promise.all(
    (await entriesOf(folder)).map(async (entry) => {
      const repository = repositoryAt(entry);
      if (repository === null) return namesOfEntry(entry, folder);
      const snapshot = await findSnapshot(folder, { repository, revision: mainRevision });
      const files = snapshot === null ? [] : await entriesOf(snapshot);
      const models = files.map((file) => modelOfGgmlFile(file) ?? modelOfGgufFile(file));
      return [repository, ...models.filter((model) => model !== null)];
    }),
  );
  return names.flat();
}

/**
 * Returns the names for an entry of a folder. For a ggml file, returns the name of the model. For any other entry,
 * returns its path, because the name of a model folder does not always identify the model.
 */
function namesOfEntry(entry: string, folder: string): string[] {
  const model = modelOfGgmlFile(entry);
  if (model !== null) return [model];
  return entry.startsWith(".") ? [] : [join(folder, entry)];
}

/** Returns the repository "Organization/Name" of the folder `models--Organization--Name`. Null for any other folder. */
function repositoryAt(entry: string): string | null {
  const [, organization, name] = /^models--(.+?)--(.+)$/u.exec(entry) ?? [];
  const repository = `${organization}/${name}`;
  return name !== undefined && isRepositoryName(repository) ? repository : null;
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch {
    return [];
  }
}

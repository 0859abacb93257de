/** Names that may find a model on this machine: those of the executable, of the files and folders, and of published models. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findSnapshot } from "./hub-cache.ts";
import { isRepositoryName, mainRevision } from "./hub/hub.ts";
import type { FinderOptions } from "./model-finder.ts";
import { modelOfGgmlFile } from "./model-names.ts";

/** Without duplicates, the shortest names first: a model is listed under the first name that finds it. */
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

/** A folder of models, or a cache of the Hugging Face tools. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await Promise.all(
    (await entriesOf(folder)).map(async (entry) => {
      const repository = repositoryAt(entry);
      if (repository === null) return namesOfEntry(entry, folder);
      const snapshot = await findSnapshot(folder, { repository, revision: mainRevision });
      const files = snapshot === null ? [] : await entriesOf(snapshot);
      return [repository, ...files.flatMap((file) => modelOfGgmlFile(file) ?? [])];
    }),
  );
  return names.flat();
}

/** A ggml file by the name of its model. A model folder by its path: not every name finds it. */
function namesOfEntry(entry: string, folder: string): string[] {
  const model = modelOfGgmlFile(entry);
  if (model !== null) return [model];
  return entry.startsWith(".") ? [] : [join(folder, entry)];
}

/** "Organization/Name" of the folder `models--Organization--Name`; null for another folder. */
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

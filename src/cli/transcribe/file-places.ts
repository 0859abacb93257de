/** Recognises paths of one file, also of a file that does not exist yet. */
import { realpathSync } from "node:fs";
import { nameOf, parentOf, systemPath } from "../file-names.ts";

export class FilePlaces {
  readonly #folders = new Map<string, string>();

  /** Returns a text that is equal for all paths of a file that differ only in the folder, for example by "./" or a link. */
  of(path: string): string {
    const folder = parentOf(path);
    const real = this.#folders.get(folder) ?? realPathOf(folder);
    this.#folders.set(folder, real);
    return `${real}\0${nameOf(path)}`;
  }
}

// --- internal ---

function realPathOf(folder: string): string {
  try {
    return realpathSync(systemPath(folder), "buffer").toString("latin1");
  } catch {
    // The folder cannot be accessed, so it is known only by the path that was given.
    return folder;
  }
}

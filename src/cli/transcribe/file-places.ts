/** Recognizes different paths of the same file. The file need not exist. */
import { realpathSync } from "node:fs";
import { nameOf, parentOf, systemPath } from "../file-names.ts";

export class FilePlaces {
  readonly #folders = new Map<string, string>();

  /**
   * Returns a text that identifies a file. Two paths have the same text if the file names are equal and the folders are
   * the same folder, for example "talk.mp3" and "./talk.mp3".
   */
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
    // The folder cannot be accessed, so its real path is unknown. Uses the given path instead.
    return folder;
  }
}

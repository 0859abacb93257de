/** Decodes the ids of models in paths. */

/** Decodes the id of a model in a path. Slashes in the id may be encoded or not. */
export function decodeId(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

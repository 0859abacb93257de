/** Reads the facts and the content of model files. Treats a file that cannot be read as missing. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";

export interface FileFacts {
  readonly kind: "file" | "folder";
  readonly bytes: number;
  readonly mtimeMs: number;
}

/**
 * Returns the kind, size and modification time of a file or folder. Null when the path is not absolute, or leads to no
 * readable file or folder.
 */
export async function readFacts(path: string): Promise<FileFacts | null> {
  if (!isAbsolute(path)) return null;
  try {
    const stats = await stat(path);
    const kind = stats.isDirectory() ? "folder" : stats.isFile() ? "file" : null;
    return kind && { kind, bytes: stats.size, mtimeMs: stats.mtimeMs };
  } catch {
    return null;
  }
}

/**
 * Returns whether a file or folder exists at the path. This function is synchronous, so it blocks the process. Use it
 * only for names in the settings, because the settings are read only once at startup.
 */
export function isAtPath(path: string): boolean {
  return existsSync(path);
}

/** Returns the first bytes of a file, at most `bytesMax`. Null when the file cannot be read. */
export async function readHead(path: string, bytesMax: number): Promise<Uint8Array | null> {
  const facts = await readFacts(path);
  if (facts?.kind !== "file") return null;
  try {
    // Bun.file can also read files that are embedded in the executable; node:fs cannot.
    return await Bun.file(path).slice(0, bytesMax).bytes();
  } catch {
    return null;
  }
}

/** Returns the whole file as text. Null when the file cannot be read or is larger than `bytesMax` bytes. */
export async function readText(path: string, bytesMax: number): Promise<string | null> {
  // Reads one byte more than `bytesMax`, to detect a file that is too large.
  const bytes = await readHead(path, bytesMax + 1);
  return bytes === null || bytes.length > bytesMax ? null : new TextDecoder().decode(bytes);
}

/** Reads a model's files. Other files of `src/models` use these functions. A file that cannot be read counts as missing. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";

export interface FileFacts {
  readonly kind: "file" | "folder";
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** Null when the path is invalid, or is not a readable file or folder. */
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

/** Whether a file or folder is at the path. For names in the settings, which are read once at startup. */
export function isAtPath(path: string): boolean {
  return existsSync(path);
}

/** The first bytes of a file, at most `bytesMax`; null when the file cannot be read. */
export async function readHead(path: string, bytesMax: number): Promise<Uint8Array | null> {
  const facts = await readFacts(path);
  if (facts?.kind !== "file") return null;
  try {
    // Bun.file, unlike node:fs, also reads files embedded in the executable.
    return await Bun.file(path).slice(0, bytesMax).bytes();
  } catch {
    return null;
  }
}

/** The whole file as text; null when the file cannot be read or is larger than `bytesMax`. */
export async function readText(path: string, bytesMax: number): Promise<string | null> {
  // One extra byte shows whether the file is larger than `bytesMax`.
  const bytes = await readHead(path, bytesMax + 1);
  return bytes === null || bytes.length > bytesMax ? null : new TextDecoder().decode(bytes);
}

/** What a path of a model leads to. Every look at a model's files goes through here: what cannot be seen is not there. */
import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";

export interface FileFacts {
  readonly form: "file" | "folder";
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** Null when there is nothing that a model could be, whatever the reason: also a path that no system can have. */
export async function lookAt(path: string): Promise<FileFacts | null> {
  if (!isAbsolute(path)) return null;
  try {
    const stats = await stat(path);
    const form = stats.isDirectory() ? "folder" : stats.isFile() ? "file" : null;
    return form && { form, bytes: stats.size, mtimeMs: stats.mtimeMs };
  } catch {
    return null;
  }
}

/** The first bytes of a file, at most `bytesMax`; null when it cannot be read. */
export async function readHead(path: string, bytesMax: number): Promise<Uint8Array | null> {
  const facts = await lookAt(path);
  if (facts?.form !== "file") return null;
  try {
    // Bun's own function: it reads inside the executable, too.
    return await Bun.file(path).slice(0, bytesMax).bytes();
  } catch {
    return null;
  }
}

/** All of a file as text; null when it cannot be read or is larger than `bytesMax`. */
export async function readText(path: string, bytesMax: number): Promise<string | null> {
  // One byte more tells a file that has grown since from one that ends here.
  const bytes = await readHead(path, bytesMax + 1);
  return bytes === null || bytes.length > bytesMax ? null : new TextDecoder().decode(bytes);
}

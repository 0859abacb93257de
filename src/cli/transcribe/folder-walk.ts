/**
 * Lists the files in a folder and its subfolders in natural order. Omits hidden files and folders. Does not follow
 * links to folders, because such links can form a cycle.
 */
import { readdirSync } from "node:fs";
import { UsageError } from "../../settings/config.ts";
import { joinPath, pathFromBytes, shownPath, systemPath } from "../file-names.ts";
import { fileProblem } from "../file-problems.ts";
import { entryStats, fileStats } from "./file-stats.ts";
import { compareNames } from "./media-files.ts";

export interface WalkOptions {
  /** Maximum depth of a file. At depth 1, the walk finds only the files directly in the folder. */
  readonly depthMax: number;
  /**
   * Returns whether the walk yields this file. `relative` is the path of the file relative to the folder of the walk.
   */
  readonly accepts: (relative: string) => boolean;
}

export interface WalkedFile {
  readonly path: string;
  /** Path of the file relative to the folder of the walk. */
  readonly relative: string;
  /** Reason why a subfolder cannot be read; `path` is then the path of this subfolder. Null for a file. */
  readonly problem: string | null;
}

/**
 * Yields the files in a folder. Throws UsageError when the folder contains more files or entries than the limits allow.
 */
export function* walk(
  folder: string,
  options: WalkOptions,
  limits: WalkLimits = walkLimits,
): Generator<WalkedFile> {
  const count = { files: 0, entries: 0 };
  for (const file of walkInto({ path: folder, relative: "", depth: 1 }, options, () => {
    count.entries += 1;
    requireAtMost(count.entries, limits.entries, `"${shownPath(folder)}" contains`, "entries");
  })) {
    count.files += 1;
    requireAtMost(count.files, limits.files, `"${shownPath(folder)}" leads to`, "files");
    yield file;
  }
}

export interface WalkLimits {
  /** Maximum number of files that a walk yields. */
  readonly files: number;
  /** Maximum number of files, folders and other entries that a walk visits. */
  readonly entries: number;
}

const walkLimits: WalkLimits = { files: 100_000, entries: 1_000_000 };

// --- internal ---

function requireAtMost(count: number, limit: number, subject: string, things: string): void {
  if (count <= limit) return;
  throw new UsageError(
    `${subject} more than ${limit} ${things}, the limit: name its folders one by one`,
  );
}

interface Place {
  readonly path: string;
  readonly relative: string;
  readonly depth: number;
}

function* walkInto(
  { path, relative, depth }: Place,
  options: WalkOptions,
  note: () => void,
): Generator<WalkedFile> {
  let names: string[];
  try {
    names = visibleNames(path);
  } catch (error) {
    yield { path, relative, problem: fileProblem(error) };
    return;
  }
  for (const name of names) {
    note();
    const inner = {
      path: joinPath(path, name),
      relative: joinPath(relative, name),
      depth: depth + 1,
    };
    const isAccepted = options.accepts(inner.relative);
    const kind = isAccepted || depth < options.depthMax ? kindOf(inner.path) : "other";
    if (kind === "file" && isAccepted) yield { ...inner, problem: null };
    if (kind === "folder" && depth < options.depthMax) yield* walkInto(inner, options, note);
  }
}

/**
 * Returns the names of the entries that are not hidden. Reads the names as bytes, because a name may contain bytes that
 * are not valid UTF-8. The function does not return the types of the entries, because Bun cannot return the types
 * together with names as bytes.
 */
function visibleNames(folder: string): string[] {
  const names = readdirSync(systemPath(folder), { encoding: "buffer" }).map(pathFromBytes);
  return names.filter((name) => !name.startsWith(".")).toSorted(compareNames);
}

/** Returns the kind of an entry. A link to a file is a "file". A link to a folder is "other". */
function kindOf(path: string): "file" | "folder" | "other" {
  const stats = entryStats(path);
  if (stats?.isDirectory() === true) return "folder";
  const target = stats?.isSymbolicLink() === true ? fileStats(path) : stats;
  return target?.isFile() === true ? "file" : "other";
}

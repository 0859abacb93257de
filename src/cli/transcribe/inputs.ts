/** Finds the input files of `transcribe`. An argument is a file, a folder, a pattern, or standard input. */
import { UsageError } from "../../settings/config.ts";
import { nameOf, shownPath } from "../file-names.ts";
import { FilePlaces } from "./file-places.ts";
import { readPattern } from "./file-pattern.ts";
import { fileStats } from "./file-stats.ts";
import { walk, type WalkedFile } from "./folder-walk.ts";
import { isMediaName } from "./media-files.ts";
import { isStandardInput } from "./standard-input.ts";

export interface InputFile {
  readonly path: string;
  /** Kind of the argument through which the file was found. "named": the argument is the path of the file. */
  readonly from: "named" | "folder" | "pattern";
  /**
   * Path relative to the folder in which the search started. If an argument is the path of the file, only the file
   * name.
   */
  readonly relative: string;
  /** Reason why the input cannot be read. Null when there is no problem, or when the problem is not known yet. */
  readonly problem: string | null;
}

export interface FindOptions {
  /** Whether the subfolders of a folder are also searched. */
  readonly recursive: boolean;
}

/**
 * Returns the input files in the order of the arguments. Returns a file only once, even if several folders or patterns
 * contain it. If an argument leads to no file, returns the argument itself with its problem. Throws UsageError when an
 * argument occurs twice.
 */
export function findInputs(args: readonly string[], options: FindOptions): readonly InputFile[] {
  if (args.length === 0) {
    throw new UsageError("No input file: name files or folders, or - for standard input");
  }
  const duplicate = args.find((argument, index) => args.indexOf(argument) !== index);
  if (duplicate !== undefined) {
    throw new UsageError(`"${shownPath(duplicate)}" is named twice`);
  }
  const found = args.flatMap((argument) => filesOf(argument, options));
  return args.length === 1 ? found : withoutRepeats(found);
}

// --- internal ---

function filesOf(argument: string, options: FindOptions): InputFile[] {
  const named = {
    path: argument,
    from: "named",
    relative: nameOf(argument),
    problem: null,
  } as const;
  if (isStandardInput(argument)) return [named];
  const kind = kindOf(argument);
  if (kind === "folder") return filesInFolder(argument, options);
  const pattern = kind === "nothing" ? readPattern(argument) : null;
  if (pattern === null || kindOf(pattern.folder) !== "folder") return [named];
  const files = Array.from(walk(pattern.folder, pattern.options), (file) =>
    foundIn("pattern", file),
  );
  return files.length > 0 ? files : [named];
}

function filesInFolder(folder: string, { recursive }: FindOptions): InputFile[] {
  const options = { depthMax: recursive ? Infinity : 1, accepts: isMediaName };
  const files = Array.from(walk(folder, options), (file) => foundIn("folder", file));
  if (files.length > 0) return files;
  const advice = recursive ? "" : "; --recursive also searches the folders in it";
  const problem = `this is a folder without audio or video files${advice}`;
  return [{ path: folder, from: "named", relative: nameOf(folder), problem }];
}

function foundIn(from: "folder" | "pattern", { path, relative, problem }: WalkedFile): InputFile {
  return { path, from, relative, problem };
}

function kindOf(path: string): "folder" | "other" | "nothing" {
  const stats = fileStats(path);
  if (stats === null) return "nothing";
  return stats.isDirectory() ? "folder" : "other";
}

/**
 * If several arguments lead to the same file, keeps it only once. A path of the file in the arguments has priority over
 * folders and patterns.
 */
function withoutRepeats(files: readonly InputFile[]): InputFile[] {
  const places = new FilePlaces();
  const placeOf = ({ path }: InputFile): string => places.of(path);
  const named = new Set(files.filter(({ from }) => from === "named").map(placeOf));
  const seen = new Set<string>();
  return files.filter((file) => {
    const place = placeOf(file);
    if (file.from !== "named" && (named.has(place) || seen.has(place))) return false;
    seen.add(place);
    return true;
  });
}

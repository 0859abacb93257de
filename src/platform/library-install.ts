/**
 * Provides paths from which the system can open native libraries. Libraries inside the executable are first unpacked
 * to a cache folder.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AsrError } from "../errors.ts";
import {
  type CarriedFile,
  type CarriedLibrary,
  embeddedLibrary,
  isInsideExecutable,
} from "./embedded.ts";
import { requireTrustedFile, requireTrustedPath } from "./folder-trust.ts";
import { holdCacheFolder, markUsed } from "./library-sweep.ts";

export interface LibraryTarget {
  /** Folders for unpacked libraries, in order of preference; see `cacheFolders()`. */
  readonly cacheFolders: readonly string[];
  /** The features of the CPU; see `cpuFeatures()`. */
  readonly cpuFeatures: ReadonlySet<string>;
}

/**
 * Path from which the system can open a native library: "audio", "null" or the name of an engine.
 *
 * A library inside the executable is unpacked to a folder named by its hash. An intact copy in that folder is used
 * again, so a read-only disk works then.
 */
export function libraryPath(name: string, { cacheFolders, cpuFeatures }: LibraryTarget): string {
  const library = carriedLibrary(name, cpuFeatures);
  // From the sources: the build leaves the uncompressed library beside the compressed one.
  if (!isInsideExecutable(library)) return join(dirname(library.path), library.file);
  return inFirstOf(cacheFolders, `the "${name}" library`, (folder) => install(library, folder));
}

/**
 * Throws if no cache folder contains these libraries or can take them. The server calls this at startup, so that the
 * first request does not fail. Leaves no files.
 */
export function requireLibraries(
  names: readonly string[],
  { cacheFolders, cpuFeatures }: LibraryTarget,
): void {
  const libraries = names
    .map((name) => carriedLibrary(name, cpuFeatures))
    .filter((library) => isInsideExecutable(library));
  if (libraries.length === 0) return;
  inFirstOf(cacheFolders, "libraries", (folder) => {
    if (!libraries.every((library) => isInstalled(library, folder))) checkWritable(folder);
  });
}

// --- internal ---

function carriedLibrary(name: string, cpuFeatures: ReadonlySet<string>): CarriedLibrary {
  const library = embeddedLibrary(name, cpuFeatures);
  if (library !== null) return library;
  throw new AsrError(
    "model_load_failed",
    `Cannot open the "${name}" library: this build does not include it`,
  );
}

function inFirstOf<T>(
  cacheFolders: readonly string[],
  what: string,
  act: (folder: string) => T,
): T {
  const failures: string[] = [];
  for (const folder of cacheFolders) {
    try {
      return act(folder);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const advice =
    "Set OPEN_ASR_SERVER_CACHE_DIR to a private folder in which libraries can be written and executed";
  throw new AsrError("model_load_failed", `Cannot install ${what} in a cache folder. ${advice}`, {
    operatorMessage: `Cannot install ${what}: ${failures.join("; ")}. ${advice}`,
  });
}

function isInstalled(library: CarriedLibrary, cacheFolder: string): boolean {
  const { folder, parts } = layoutOf(library, cacheFolder);
  // Checks for existence first: hashing tens of megabytes is only needed if all files exist.
  if (!parts.every(({ file }) => existsSync(join(folder, file)))) return false;
  requireTrustedPath(folder);
  const paths = parts.map((part) => ({ ...part, path: join(folder, part.file) }));
  if (!paths.every(({ path, sha256 }) => isIntact(path, sha256))) return false;
  for (const { path } of paths) requireRunnable(path);
  return true;
}

/** Creates an executable file and removes it. */
function checkWritable(cacheFolder: string): void {
  makeFolder(cacheFolder);
  requireTrustedPath(cacheFolder);
  const path = join(cacheFolder, `trial-${randomUUID()}`);
  try {
    writeFileSync(path, "", { mode: 0o700, flag: "wx" });
    requireRunnable(path);
  } finally {
    removeIfPossible(path);
  }
}

function install(library: CarriedLibrary, cacheFolder: string): string {
  const { folder, parts } = layoutOf(library, cacheFolder);
  makeFolder(cacheFolder);
  requireTrustedPath(cacheFolder);
  // From here on no other process removes the contents of the cache folder.
  holdCacheFolder(cacheFolder);
  makeFolder(folder);
  requireTrustedPath(folder);
  for (const part of parts) {
    const path = join(folder, part.file);
    if (!isIntact(path, part.sha256)) unpack(part, path);
    requireTrustedFile(path);
    requireRunnable(path);
  }
  markUsed(folder);
  return join(folder, library.file);
}

function layoutOf(library: CarriedLibrary, cacheFolder: string) {
  const parts: readonly CarriedFile[] = [library, ...library.companions];
  return { folder: join(cacheFolder, nameOf(parts)), parts };
}

/** The name of the folder: a hash of all files in it. */
function nameOf(parts: readonly CarriedFile[]): string {
  const [only, ...others] = parts.map(({ sha256 }) => sha256);
  const content =
    others.length === 0
      ? only
      : createHash("sha256")
          .update([only, ...others].join())
          .digest("hex");
  return (content ?? "").slice(0, 16);
}

/** Does not touch an existing folder: its disk may be read-only. */
function makeFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
}

function unpack(part: CarriedFile, path: string): void {
  const unfinished = `${path}.${randomUUID()}`;
  try {
    const bytes = Bun.zstdDecompressSync(readFileSync(part.path));
    writeFileSync(unfinished, bytes, { mode: 0o700, flag: "wx" });
    renameSync(unfinished, path);
  } finally {
    removeIfPossible(unfinished);
  }
}

/** A failure to remove the file must not hide the error that came before it. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The disk may have become read-only.
  }
}

function isIntact(path: string, sha256: string): boolean {
  try {
    requireTrustedFile(path);
    return createHash("sha256").update(readFileSync(path)).digest("hex") === sha256;
  } catch {
    return false;
  }
}

// A file system mounted with noexec denies this access even to root. This error is clearer than the error of the
// dynamic linker.
function requireRunnable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new Error(`${path} cannot be executed: its file system does not allow it (noexec)`, {
      cause,
    });
  }
}

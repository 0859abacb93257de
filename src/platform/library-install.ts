/**
 * Provides paths from which the system can open native libraries. If a library is inside the executable, first unpacks
 * it to a cache folder.
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AsrError } from "../errors.ts";
import {
  type EmbeddedFile,
  type EmbeddedLibrary,
  embeddedLibrary,
  isInsideExecutable,
} from "./embedded.ts";
import { requireTrustedFile, requireTrustedPath } from "./folder-trust.ts";
import { holdCacheFolder, markUsed } from "./library-sweep.ts";
import { removeIfPossible, writeWholeFile } from "./whole-file.ts";

export interface LibraryTarget {
  /** Folders for unpacked libraries, in order of preference: the result of `cacheFolders()`. */
  readonly cacheFolders: readonly string[];
  /** Features of the CPU: the result of `cpuFeatures()`. */
  readonly cpuFeatures: ReadonlySet<string>;
}

/**
 * Returns a path from which the system can open a native library. `name` is "audio", "null" or the name of an engine.
 *
 * A library inside the executable is unpacked to a folder that is named after the hash of the library. If the folder
 * already contains an intact copy, nothing is unpacked. Therefore the disk may be read-only after the first start.
 */
export function libraryPath(name: string, { cacheFolders, cpuFeatures }: LibraryTarget): string {
  const library = requireEmbeddedLibrary(name, cpuFeatures);
  // If the library is not inside the executable, the program runs from its sources. The build folder then contains the
  // library also in uncompressed form.
  if (!isInsideExecutable(library)) return join(dirname(library.path), library.file);
  return inFirstOf(cacheFolders, `the "${name}" library`, (folder) => install(library, folder));
}

/**
 * Throws unless one of the cache folders is writable or already contains these libraries. The server calls this
 * function at startup, so that the operator sees the error before the first request. If the function creates a file for
 * the check, it removes the file.
 *
 * The function computes the hashes of the libraries only if the folder is not writable, because hashing tens of
 * megabytes takes most of the time of a start. The runner computes them again before it opens the libraries.
 */
export function requireLibraries(
  names: readonly string[],
  { cacheFolders, cpuFeatures }: LibraryTarget,
): void {
  const libraries = names
    .map((name) => requireEmbeddedLibrary(name, cpuFeatures))
    .filter((library) => isInsideExecutable(library));
  if (libraries.length === 0) return;
  inFirstOf(cacheFolders, "libraries", (folder) => {
    try {
      checkWritable(folder);
    } catch (error) {
      if (!libraries.every((library) => isInstalled(library, folder))) throw error;
    }
  });
}

// --- internal ---

function requireEmbeddedLibrary(name: string, cpuFeatures: ReadonlySet<string>): EmbeddedLibrary {
  const library = embeddedLibrary(name, cpuFeatures);
  if (library !== null) return library;
  throw new AsrError(
    "model_load_failed",
    `Cannot open the "${name}" library: this executable does not contain it`,
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

function isInstalled(library: EmbeddedLibrary, cacheFolder: string): boolean {
  const { folder, parts } = layoutOf(library, cacheFolder);
  // Checks first whether all files exist. Only then computes their hashes, because hashing tens of megabytes takes
  // time.
  if (!parts.every(({ file }) => existsSync(join(folder, file)))) return false;
  requireTrustedPath(folder);
  const paths = parts.map((part) => ({ ...part, path: join(folder, part.file) }));
  if (!paths.every(({ path, sha256 }) => isIntact(path, sha256))) return false;
  for (const { path } of paths) requireRunnable(path);
  return true;
}

/** Checks that this user can create an executable file in the folder. Removes the file after the check. */
function checkWritable(cacheFolder: string): void {
  makeFolder(cacheFolder);
  requireTrustedPath(cacheFolder);
  const path = join(cacheFolder, `trial-${crypto.randomUUID()}`);
  try {
    writeFileSync(path, "", { mode: 0o700, flag: "wx" });
    requireRunnable(path);
  } finally {
    removeIfPossible(path);
  }
}

function install(library: EmbeddedLibrary, cacheFolder: string): string {
  const { folder, parts } = layoutOf(library, cacheFolder);
  makeFolder(cacheFolder);
  requireTrustedPath(cacheFolder);
  // While this process holds the cache folder, other processes remove nothing from the folder.
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

function layoutOf(library: EmbeddedLibrary, cacheFolder: string) {
  const parts: readonly EmbeddedFile[] = [library, ...library.companions];
  return { folder: join(cacheFolder, nameOf(parts)), parts };
}

/** Returns the name of the library folder: the first 16 hexadecimal digits of a hash of all files in the folder. */
function nameOf(parts: readonly EmbeddedFile[]): string {
  const [only, ...others] = parts.map(({ sha256 }) => sha256);
  const content =
    others.length === 0
      ? only
      : new Bun.CryptoHasher("sha256").update([only, ...others].join()).digest("hex");
  return (content ?? "").slice(0, 16);
}

/** Creates the folder if it does not exist. Does not change an existing folder, because the disk may be read-only. */
function makeFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
}

function unpack(part: EmbeddedFile, path: string): void {
  writeWholeFile(path, Bun.zstdDecompressSync(readFileSync(part.path)), 0o700);
}

function isIntact(path: string, sha256: string): boolean {
  try {
    requireTrustedFile(path);
    return new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex") === sha256;
  } catch {
    return false;
  }
}

/**
 * Throws if the file cannot be executed, for example on a file system that is mounted with noexec. Without this check,
 * the dynamic linker would fail later with a less clear error.
 */
function requireRunnable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new Error(`${path} cannot be executed: its file system does not allow it (noexec)`, {
      cause,
    });
  }
}

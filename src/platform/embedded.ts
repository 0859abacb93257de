/** The files that the executable carries: native libraries (compressed), the starter model, licences. */

import { createHash, randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { files } from "../../.build/embed/index.ts";
import { AsrError } from "../errors.ts";

/**
 * Path of a carried file, for Bun's own file functions: inside the executable it lies where no other
 * program or library can open it. Null when the executable does not carry it.
 */
export function embeddedFile(name: string): string | null {
  return files[name]?.path ?? null;
}

export interface LibraryPlace {
  /** Folders to keep libraries in, best first; see `cacheFolders()`. */
  readonly cacheFolders: readonly string[];
  /** What the CPU can do; see `cpuFeatures()`. */
  readonly cpuFeatures: ReadonlySet<string>;
}

/**
 * Path from which the system can open a native library: "audio", "null" or an engine's name.
 * A library inside the executable is first written to a cache folder, under the name of its content.
 */
export function libraryPath(name: string, { cacheFolders, cpuFeatures }: LibraryPlace): string {
  const library = files[name] ?? bestLevel(name, cpuFeatures);
  if (!library) {
    throw new AsrError(
      "model_load_failed",
      `Cannot open the "${name}" library: this build does not carry it`,
    );
  }
  // Run from the sources, the build's own library lies beside its compressed twin.
  if (!library.path.startsWith(insideExecutable)) return join(dirname(library.path), library.file);
  return inFirstOf(cacheFolders, `the "${name}" library`, (folder) => install(library, folder));
}

/** Throws when no folder can take libraries: better at the start than at the first request. */
export function requireCacheFolder(cacheFolders: readonly string[]): void {
  const carriesLibraries = Object.values(files).some(({ path }) =>
    path.startsWith(insideExecutable),
  );
  if (carriesLibraries) inFirstOf(cacheFolders, "libraries", tryOut);
}

// --- internal ---

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
  throw new AsrError(
    "model_load_failed",
    `Cannot place ${what}: ${failures.join("; ")}. ` +
      "Set OPEN_ASR_SERVER_CACHE_DIR to a private folder that libraries can be written to and run from",
  );
}

/** Writes a file that could be run, and takes it away again. */
function tryOut(cacheFolder: string): void {
  mkdirSync(cacheFolder, { recursive: true, mode: 0o700 });
  refuseForeign(cacheFolder);
  const path = join(cacheFolder, `trial-${randomUUID()}`);
  try {
    writeFileSync(path, "", { mode: 0o700, flag: "wx" });
    refuseUnrunnable(path);
  } finally {
    rmSync(path, { force: true });
  }
}

type CarriedLibrary = (typeof files)[string];
type CarriedFile = CarriedLibrary["companions"][number];

const insideExecutable = process.platform === "win32" ? "B:\\~BUN\\" : "/$bunfs/";

/** What a CPU must have for a level, best level first; vendor/targets.ts has the compiler's side of it. */
const cpuLevels: readonly (readonly [level: string, needs: readonly string[]])[] = [
  ["native", []],
  [
    "avx512",
    [
      "avx512f",
      "avx512bw",
      "avx512cd",
      "avx512dq",
      "avx512vl",
      "avx512vbmi",
      "avx512_vnni",
      "avx512_bf16",
    ],
  ],
  ["avx2", ["avx", "avx2", "fma", "f16c", "bmi2"]],
  ["dotprod", ["asimddp", "asimdhp"]],
  ["baseline", []],
];

function bestLevel(name: string, cpuFeatures: ReadonlySet<string>): CarriedLibrary | undefined {
  const usable = cpuLevels.filter(([, needs]) =>
    needs.every((feature) => cpuFeatures.has(feature)),
  );
  return usable.map(([level]) => files[`${name}@${level}`]).find((file) => file !== undefined);
}

function install(library: CarriedLibrary, cacheFolder: string): string {
  const parts = [library, ...library.companions];
  const folder = join(cacheFolder, nameOf(parts));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseForeign(cacheFolder);
  refuseForeign(folder);
  for (const part of parts) {
    const path = join(folder, part.file);
    if (!isIntact(path, part.sha256)) {
      unpack(part, path);
      sweep(cacheFolder);
    }
    refuseUnrunnable(path);
  }
  return join(folder, library.file);
}

/** A folder's name: that of the content of all that lies in it. */
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

function unpack(part: CarriedFile, path: string): void {
  const unfinished = `${path}.${randomUUID()}`;
  try {
    const bytes = Bun.zstdDecompressSync(readFileSync(part.path));
    writeFileSync(unfinished, bytes, { mode: 0o700, flag: "wx" });
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** Takes away what earlier versions left; one that still runs writes its own again. */
function sweep(cacheFolder: string): void {
  const oldest = Date.now() - 30 * 24 * 3600 * 1000;
  for (const name of readdirSync(cacheFolder)) {
    const folder = join(cacheFolder, name);
    if (!/^[0-9a-f]{16}$/.test(name) || lstatSync(folder).mtimeMs > oldest) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

function isIntact(path: string, sha256: string): boolean {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex") === sha256;
  } catch {
    return false;
  }
}

// Another user who may write there could swap the library between its check and its use.
function refuseForeign(folder: string): void {
  if (process.getuid === undefined) return;
  const { uid, mode } = lstatSync(folder);
  const isOurs = uid === process.getuid() || uid === 0;
  const isOpen = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  if (!isOurs || isOpen) {
    throw new Error(`${folder} belongs to, or can be written by, another user`);
  }
}

// On a file system mounted noexec this is refused even to root, and says so better than the dynamic linker.
function refuseUnrunnable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new Error(`${path} cannot be run from there (noexec)`, { cause });
  }
}

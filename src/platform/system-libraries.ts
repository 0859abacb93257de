/** Checks whether a shared library is installed on this system, without opening the library. */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

/** Paths that the dynamic linker of Linux searches. */
export interface LinkerPaths {
  /** Cache file of the linker. It lists the libraries in the folders that are configured for the linker. */
  readonly cacheFile: string;
  readonly folders: readonly string[];
}

/** Returns the paths of this machine. `searchPath` is the value of LD_LIBRARY_PATH. */
export function linkerPaths(searchPath: string): LinkerPaths {
  const named = searchPath.split(/[:;]/).filter((folder) => folder !== "");
  const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  const standard = ["lib64", "lib", `lib/${triplet}`].flatMap((name) => [
    `/${name}`,
    `/usr/${name}`,
  ]);
  return { cacheFile: "/etc/ld.so.cache", folders: [...named, ...standard] };
}

/** Returns whether the dynamic linker finds the library. */
export function hasLibrary(soname: string, { folders, cacheFile }: LinkerPaths): boolean {
  if (folderOf(soname, folders) !== null) return true;
  // Each path in the cache file ends with a zero byte. Without this byte, a longer file name would also match.
  return readStart(cacheFile).includes(`/${soname}\0`);
}

/** Returns the first folder that contains the library. Null when no folder contains it. */
export function folderOf(soname: string, folders: readonly string[]): string | null {
  return folders.find((folder) => isFile(join(folder, soname))) ?? null;
}

// --- internal ---

/** Maximum number of bytes to read. On a machine with many packages, the cache file has 200 kB. */
const cacheBytesMax = 8 * 1024 * 1024;

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function readStart(path: string): Buffer {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(Math.min(fstatSync(file).size, cacheBytesMax));
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return Buffer.alloc(0);
  }
}

/** Checks whether a shared library is installed on this system, without opening the library. */
import { open, stat } from "node:fs/promises";
import { join } from "node:path";

/** Paths that the dynamic linker of Linux searches. */
export interface LinkerPaths {
  /** Cache file of the linker. It lists the libraries in the folders that the linker is configured to search. */
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

export async function hasLibrary(soname: string, paths: LinkerPaths): Promise<boolean> {
  for (const folder of paths.folders) {
    if (await isFile(join(folder, soname))) return true;
  }
  // In the cache file, each path ends with a zero byte.
  return (await readStart(paths.cacheFile)).includes(`/${soname}\0`);
}

// --- internal ---

/** Maximum number of bytes to read. On a machine with many packages, the cache file has 200 kB. */
const cacheBytesMax = 8 * 1024 * 1024;

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function readStart(path: string): Promise<Buffer> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, cacheBytesMax));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } catch {
    return Buffer.alloc(0);
  }
}

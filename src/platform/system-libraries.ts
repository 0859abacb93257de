/** Whether the system has a shared library, without opening it. */
import { open, stat } from "node:fs/promises";
import { join } from "node:path";

/** The places in which the dynamic linker of Linux looks. */
export interface LinkerPlaces {
  /** Its list of the libraries in all folders that it is configured for. */
  readonly cacheFile: string;
  readonly folders: readonly string[];
}

/** Those of this machine; `searchPath` is LD_LIBRARY_PATH. */
export function linkerPlaces(searchPath: string): LinkerPlaces {
  const named = searchPath.split(/[:;]/).filter((folder) => folder !== "");
  const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  const standard = ["lib64", "lib", `lib/${triplet}`].flatMap((name) => [
    `/${name}`,
    `/usr/${name}`,
  ]);
  return { cacheFile: "/etc/ld.so.cache", folders: [...named, ...standard] };
}

export async function hasLibrary(soname: string, places: LinkerPlaces): Promise<boolean> {
  for (const folder of places.folders) {
    if (await isFile(join(folder, soname))) return true;
  }
  // It holds paths, each ended by a zero.
  return (await readStart(places.cacheFile)).includes(`/${soname}\0`);
}

// --- internal ---

/** That of a machine with everything installed takes 200 kB. */
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

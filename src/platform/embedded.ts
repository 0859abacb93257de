/**
 * Finds files that are embedded in the executable: compressed native libraries, the starter model, the samples and the
 * licences.
 */
import { files, starterBackend } from "../../.build/embed/index.ts";
import { isEmbeddedPath } from "./embedded-path.ts";
import { runnableLevels } from "./cpu-levels.ts";

export type EmbeddedLibrary = (typeof files)[string];
export type EmbeddedFile = EmbeddedLibrary["companions"][number];

/**
 * Returns the path of an embedded file, or null if this build does not include the file. Only Bun's file functions can
 * open this path; other programs and libraries cannot.
 */
export function embeddedFile(name: string): string | null {
  return files[name]?.path ?? null;
}

/** Returns the names of the embedded files that start with `prefix`. */
export function embeddedNames(prefix: string): readonly string[] {
  return Object.keys(files).filter((name) => name.startsWith(prefix));
}

/**
 * Returns an embedded file and its companions, which are the embedded files that it needs. Null if this build does not
 * include the file.
 */
export function embeddedFiles(name: string): EmbeddedLibrary | null {
  return files[name] ?? null;
}

/** Id of a backend. The starter model is embedded in the format of this backend (vendor/targets.ts). */
export { starterBackend };

/**
 * Returns the build of a library that is the fastest on this CPU. Null if this executable does not include the library.
 */
export function embeddedLibrary(
  name: string,
  cpuFeatures: ReadonlySet<string>,
): EmbeddedLibrary | null {
  const level = embeddedLevel(name, cpuFeatures);
  return files[level === null ? name : `${name}@${level}`] ?? null;
}

/**
 * Returns the CPU level of the build that `embeddedLibrary` returns. Null when the library has only one build for all
 * CPUs, or when this executable does not include the library.
 */
export function embeddedLevel(name: string, cpuFeatures: ReadonlySet<string>): string | null {
  if (files[name] !== undefined) return null;
  return runnableLevels(cpuFeatures).find((level) => files[`${name}@${level}`]) ?? null;
}

/**
 * Returns whether the file is inside the executable. When the program runs from its sources, the file is in the build
 * folder instead.
 */
export function isInsideExecutable({ path }: EmbeddedFile): boolean {
  return isEmbeddedPath(path);
}

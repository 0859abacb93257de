/** The files embedded in the executable: native libraries (compressed), the starter model, the licences. */
import { files } from "../../.build/embed/index.ts";
import { runnableLevels } from "./cpu-levels.ts";

export type CarriedLibrary = (typeof files)[string];
export type CarriedFile = CarriedLibrary["companions"][number];

/**
 * Path of an embedded file, for Bun's own file functions. Other programs and libraries cannot open this path. Null if
 * this build does not include the file.
 */
export function embeddedFile(name: string): string | null {
  return files[name]?.path ?? null;
}

/** The best build of a library for this CPU; null if this executable does not include it. */
export function embeddedLibrary(
  name: string,
  cpuFeatures: ReadonlySet<string>,
): CarriedLibrary | null {
  const names = [name, ...runnableLevels(cpuFeatures).map((level) => `${name}@${level}`)];
  return names.map((one) => files[one]).find((library) => library !== undefined) ?? null;
}

/** False if the program runs from its sources. The files are then in the build folder. */
export function isInsideExecutable({ path }: CarriedFile): boolean {
  return path.startsWith(insideExecutable);
}

// --- internal ---

const insideExecutable = process.platform === "win32" ? "B:\\~BUN\\" : "/$bunfs/";

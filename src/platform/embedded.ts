/** The files that the executable carries: native libraries (compressed), the starter model, licences. */
import { files } from "../../.build/embed/index.ts";
import { runnableLevels } from "./cpu-levels.ts";

export type CarriedLibrary = (typeof files)[string];
export type CarriedFile = CarriedLibrary["companions"][number];

/**
 * Path of a carried file, for Bun's own file functions: inside the executable it lies where no other
 * program or library can open it. Null when the executable does not carry it.
 */
export function embeddedFile(name: string): string | null {
  return files[name]?.path ?? null;
}

/** The library of that name, in its best build for this CPU; null when the executable does not carry one. */
export function embeddedLibrary(
  name: string,
  cpuFeatures: ReadonlySet<string>,
): CarriedLibrary | null {
  const names = [name, ...runnableLevels(cpuFeatures).map((level) => `${name}@${level}`)];
  return names.map((one) => files[one]).find((library) => library !== undefined) ?? null;
}

/** False when the program runs from its sources: then the files lie in the build folder. */
export function isInsideExecutable({ path }: CarriedFile): boolean {
  return path.startsWith(insideExecutable);
}

// --- internal ---

const insideExecutable = process.platform === "win32" ? "B:\\~BUN\\" : "/$bunfs/";

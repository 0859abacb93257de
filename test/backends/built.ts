/** Paths of the libraries and models that the build made for this machine. */
import { cpuFeatures } from "../../src/platform/cpu-features.ts";
import { libraryPath } from "../../src/platform/embedded.ts";

/** Path of a library in the build's folder. */
export function builtLibrary(name: string): string {
  return libraryPath(name, { cacheFolders: [], cpuFeatures: cpuFeatures() });
}

/** Path of a model that the build converted. */
export function builtModel(name: string): string {
  return new URL(`../../.build/models/${name}`, import.meta.url).pathname;
}

/** Returns the paths of the libraries and models that the build has made for this machine. */
import { cpuFeatures } from "../../src/platform/cpu-features.ts";
import { libraryPath } from "../../src/platform/library-install.ts";

/** Returns the path of a library in the build folder. */
export function builtLibrary(name: string): string {
  return libraryPath(name, { cacheFolders: [], cpuFeatures: cpuFeatures() });
}

/** Returns the path of a model that the build has converted. */
export function builtModel(name: string): string {
  return new URL(`../../.build/models/${name}`, import.meta.url).pathname;
}

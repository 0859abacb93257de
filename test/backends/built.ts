/** What the build left for this machine. */
import { cpuFeatures } from "../../src/platform/cpu-features.ts";
import { libraryPath } from "../../src/platform/library-install.ts";

/** Path of a library as the tests open it: where the build put it. */
export function builtLibrary(name: string): string {
  return libraryPath(name, { cacheFolders: [], cpuFeatures: cpuFeatures() });
}

/** Path of a model that the build converted. */
export function builtModel(name: string): string {
  return new URL(`../../.build/models/${name}`, import.meta.url).pathname;
}

/** Checks whether a backend can run on this machine. Does not load the library of the backend. */
import { embeddedLibrary } from "../../platform/embedded.ts";
import { hasLibrary, type LinkerPaths } from "../../platform/system-libraries.ts";
import type { Backend } from "./backend.ts";

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly cpuFeatures: ReadonlySet<string>;
  readonly linker: LinkerPaths;
}

/** Returns the reason why the backend cannot run, and what the operator can do. Null when the backend can run. */
export function unavailableReason(backend: Backend, machine: Machine): string | null {
  const { library, libraryFile, systemLibrary } = backend;
  if (libraryFile === undefined && embeddedLibrary(library, machine.cpuFeatures) === null) {
    return `this executable does not contain the library for this CPU; use the released executable of this platform`;
  }
  if (machine.platform !== "linux" || systemLibrary === undefined) return null;
  const { soname, packages } = systemLibrary;
  if (hasLibrary(soname, machine.linker)) return null;
  return `it needs ${soname}, which this system does not have; install the package ${packages}`;
}

/** Whether a backend can run on this machine, found without opening its library. */
import { embeddedLibrary } from "../../platform/embedded.ts";
import { hasLibrary, type LinkerPaths } from "../../platform/system-libraries.ts";
import type { Backend } from "./backend.ts";

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly cpuFeatures: ReadonlySet<string>;
  readonly linker: LinkerPaths;
}

/** Why it cannot, and what to do; null when it can. */
export async function whyUnavailable(backend: Backend, machine: Machine): Promise<string | null> {
  const { library, systemLibrary } = backend;
  if (embeddedLibrary(library, machine.cpuFeatures) === null) {
    return `this build does not carry its library for this CPU; get the executable of this platform's release`;
  }
  if (machine.platform !== "linux" || systemLibrary === undefined) return null;
  const { soname, packages } = systemLibrary;
  if (await hasLibrary(soname, machine.linker)) return null;
  return `it needs ${soname}, which this system does not have; install the package ${packages}`;
}

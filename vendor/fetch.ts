// Fetches and verifies packages that vendor/pins.json lists. A package is unpacked to .build/vendor/NAME, and a package
// for one platform is unpacked to .build/vendor/NAME-PLATFORM.
//
// Usage: bun vendor/fetch.ts NAME[@PLATFORM]...

import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  BuildError,
  buildFolder,
  findPython,
  obtainPackage,
  readPins,
  runTool,
  type Pin,
} from "./packages.mjs";
import { buildStep } from "./stamp.ts";

/** Fetches and unpacks a pinned package, unless this has been done before. Returns the folder of the package. */
export async function fetchPinned(name: string, platform?: string): Promise<string> {
  const pin = (await readPins())[name];
  const packages = pin?.packages.filter((part) => part.platform === platform) ?? [];
  const label = platform === undefined ? name : `${name}-${platform}`;
  if (!pin || packages.length === 0)
    throw new BuildError(`Cannot fetch "${label}": vendor/pins.json does not contain it`);
  const folder = join(buildFolder, "vendor", label);
  await buildStep(
    {
      title: `obtaining ${label} ${pin.version}`,
      name: `vendor-${label}`,
      settings: { ...pin, packages },
      outputs: [folder],
    },
    () => unpackPin({ ...pin, packages }, folder),
  );
  return folder;
}

if (import.meta.main) {
  for (const argument of process.argv.slice(2)) {
    const [name = "", platform] = argument.split("@");
    console.log(await fetchPinned(name, platform));
  }
}

// --- internal ---

async function unpackPin(pin: Pin, folder: string): Promise<void> {
  const unfinished = `${folder}.unpacking`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  for (const part of pin.packages) unpack(await obtainPackage(part), unfinished, pin.only);
  await rm(folder, { recursive: true, force: true });
  await rename(join(unfinished, pin.root ?? "."), folder);
  await rm(unfinished, { recursive: true, force: true });
}

function unpack(archive: string, folder: string, only: readonly string[] = []): void {
  const program = archive.endsWith(".whl")
    ? [findPython() ?? "python3", "-m", "zipfile", "-e", archive, folder]
    : ["tar", "-xzf", archive, "-C", folder, ...only];
  runTool(program, { failure: `Cannot unpack ${archive}` });
}

// Brings what vendor/pins.json names into .build/vendor/NAME, verified.
// Usage: bun vendor/fetch.ts NAME...

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

/** Fetches and unpacks the pinned thing of that name, once, and gives its folder. */
export async function fetchPinned(name: string): Promise<string> {
  const pin = (await readPins())[name];
  if (!pin) throw new BuildError(`Cannot fetch "${name}": vendor/pins.json does not name it`);
  const folder = join(buildFolder, "vendor", name);
  await buildStep(
    {
      title: `obtaining ${name} ${pin.version}`,
      name: `vendor-${name}`,
      settings: pin,
      outputs: [folder],
    },
    () => unpackPin(pin, folder),
  );
  return folder;
}

if (import.meta.main) {
  for (const name of process.argv.slice(2)) console.log(await fetchPinned(name));
}

// --- internal ---

async function unpackPin(pin: Pin, folder: string): Promise<void> {
  const unfinished = `${folder}.unpacking`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  for (const part of pin.packages) unpack(await obtainPackage(part), unfinished);
  await rm(folder, { recursive: true, force: true });
  await rename(join(unfinished, pin.root ?? "."), folder);
  await rm(unfinished, { recursive: true, force: true });
}

function unpack(archive: string, folder: string): void {
  const program = archive.endsWith(".whl")
    ? [findPython() ?? "python3", "-m", "zipfile", "-e", archive, folder]
    : ["tar", "-xzf", archive, "-C", folder];
  runTool(program, { failure: `Cannot unpack ${archive}` });
}

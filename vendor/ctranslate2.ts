// Fetches CTranslate2's library for each platform from its Python wheel. Also fetches the headers of the library.

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fetchPinned } from "./fetch.ts";
import { readMachO } from "./macos/macho.ts";
import { tbdText } from "./macos/tbd.ts";
import { BuildError, buildFolder, readPins } from "./packages.mjs";
import { buildStep } from "./stamp.ts";
import type { Target } from "./targets.ts";

export interface Ctranslate2 {
  readonly includeFolder: string;
  readonly version: string;
  /**
   * Path of the library, and then the paths of its dependencies. The dependencies must keep their file names, because
   * the loader searches for these names.
   */
  readonly libraries: readonly [string, ...string[]];
  /** Path of the file with which the engine library is linked. On macOS, this is a list of the symbols of the library. */
  readonly linked: string;
}

/** Fetches the library for a platform. */
export async function fetchCtranslate2(target: Target): Promise<Ctranslate2> {
  const { files } = contentsOf(target);
  const original = await fetchOriginalLibrary(target);
  const pin = (await readPins())["ctranslate2"];
  const ready = join(buildFolder, "vendor", `ctranslate2-libraries-${target.name}`);
  const libraries: [string, ...string[]] = [
    join(ready, files[0]),
    ...files.slice(1).map((file) => join(ready, file)),
  ];
  const symbols = target.os === "darwin" ? join(ready, `${files[0]}.tbd`) : null;
  await buildStep(
    {
      title: `placing CTranslate2 for ${target.name}`,
      name: `ctranslate2-libraries-${target.name}`,
      inputs: [import.meta.filename],
      settings: pin,
      outputs: symbols === null ? libraries : [...libraries, symbols],
    },
    async () => {
      await rm(ready, { recursive: true, force: true });
      await mkdir(ready, { recursive: true });
      for (const file of files) await copyFile(join(dirname(original), file), join(ready, file));
      // The library stores a path of the machine that built the wheel. The engine library must not store this path.
      if (symbols !== null) {
        const { exports } = readMachO(await readFile(libraries[0]));
        await writeFile(symbols, tbdText(`@rpath/${files[0]}`, exports));
      }
    },
  );
  const includeFolder = join(await fetchPinned("ctranslate2-headers"), "include");
  return { includeFolder, version: pin?.version ?? "", libraries, linked: symbols ?? libraries[0] };
}

/** Returns the path of the unchanged library in the wheel for a platform. */
export async function fetchOriginalLibrary(target: Target): Promise<string> {
  const { folder, files } = contentsOf(target);
  return join(await fetchPinned("ctranslate2", target.name), folder, files[0]);
}

/** Returns the file names of the libraries that must be in the same folder as the engine library. */
export function ctranslate2Files(target: Target): readonly string[] {
  return contentsOf(target).files;
}

// --- internal ---

interface Contents {
  /** Folder with the libraries in the wheel. */
  readonly folder: string;
  /** File names. The first one is the library itself. */
  readonly files: readonly [string, ...string[]];
}

/** Folder and files of the wheel for each platform. Each wheel stores its libraries differently. */
const contents: Readonly<Record<string, Contents>> = {
  "linux-x64": {
    folder: "ctranslate2.libs",
    files: ["libctranslate2-42c542ff.so.4.8.4", "libgomp-e985bcbb.so.1.0.0"],
  },
  "linux-arm64": {
    folder: "ctranslate2.libs",
    files: ["libctranslate2-319ff821.so.4.8.4", "libgomp-a49a47f9.so.1.0.0"],
  },
  "darwin-arm64": { folder: "ctranslate2/.dylibs", files: ["libctranslate2.4.8.4.dylib"] },
  "windows-x64": { folder: "ctranslate2", files: ["ctranslate2.dll", "libiomp5md.dll"] },
};

function contentsOf({ name }: Target): Contents {
  const found = contents[name];
  if (!found)
    throw new BuildError(
      `Cannot build for ${name}: vendor/pins.json has no CTranslate2 for this platform`,
    );
  return found;
}

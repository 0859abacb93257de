// Packs an executable into the archive of a release.

import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { repository, runTool } from "../packages.mjs";
import type { Target } from "../targets.ts";
import { packedName } from "./release.ts";

interface Packing {
  readonly executable: string;
  readonly target: Target;
  readonly version: string;
  /** The folder of the archive. */
  readonly folder: string;
  /** Level of gzip: 0 copies the bytes, 9 is the slowest. */
  readonly level: number;
}

/** Writes the archive, which also contains the licence and README.md. Returns its path. */
export async function pack(options: Packing): Promise<string> {
  const { executable, target, version, folder, level } = options;
  await mkdir(folder, { recursive: true });
  const staging = await mkdtemp(join(folder, ".packing-"));
  try {
    const name = packedName(version, target);
    await mkdir(join(staging, name));
    await copyFile(executable, join(staging, name, target.executable));
    for (const text of ["LICENSE", "README.md"])
      await copyFile(join(repository, text), join(staging, name, text));
    runTool(["tar", "-cf", `${name}.tar`, name], { cwd: staging, failure: `Cannot pack ${name}` });
    const path = join(folder, `${name}.tar.gz`);
    const tar = createReadStream(join(staging, `${name}.tar`));
    await pipeline(tar, createGzip({ level }), createWriteStream(path));
    return path;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

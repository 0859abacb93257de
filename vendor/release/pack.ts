// Packs an executable into the archive of a release.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../packages.mjs";
import type { Target } from "../targets.ts";
import { writeTarGz } from "./archive.ts";
import { packedName } from "./release.ts";

export interface Packing {
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
  const name = packedName(version, target);
  const path = join(folder, `${name}.tar.gz`);
  const texts = ["LICENSE", "README.md"].map((text) => ({
    name: `${name}/${text}`,
    content: { path: join(repository, text) },
  }));
  const entries = [
    { name: `${name}/` },
    { name: `${name}/${target.executable}`, content: { path: executable }, mode: 0o755 },
    ...texts,
  ];
  await writeTarGz(path, entries, level);
  return path;
}

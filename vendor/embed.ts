// Writes the list of embedded files. src/platform/embedded.ts imports the list of the development build,
// .build/embed/index.ts. In other builds, build.ts replaces it by the list of the build.

import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { BuildError, buildFolder, sha256OfFile } from "./packages.mjs";
import { buildStep } from "./stamp.ts";
import type { Target } from "./targets.ts";

export interface EmbeddedFile {
  readonly name: string;
  readonly path: string;
  /**
   * `true` if the embedded file is compressed, and otherwise absent. The program unpacks a compressed file before use.
   */
  readonly packed?: true;
  /**
   * Paths of other files. After they are unpacked, these files must be in the same folder as this file. If `packed` is
   * set, they are compressed, too.
   */
  readonly companions?: readonly string[];
}

/** A file of the executable, as the build lists it. */
export interface Part {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** Size in the executable. It is smaller than `bytes` if the file is compressed. */
  readonly packedBytes: number;
  readonly sha256: string;
}

/** Path of the list that src/platform/embedded.ts imports: that of the development build for this machine. */
export const embedIndex = join(buildFolder, "embed", "index.ts");

export interface EmbedOptions extends Pick<Target, "starterBackend"> {
  /** Path of the list. */
  readonly index: string;
  /** Whether the files are for a release, whose size matters more than the time of the build. */
  readonly release: boolean;
}

/** Writes the list of embedded files. Returns the files, each with its size. */
export async function writeEmbedIndex(
  files: readonly EmbeddedFile[],
  { starterBackend, index, release }: EmbedOptions,
): Promise<Part[]> {
  const level = release ? releaseLevel : developmentLevel;
  const described = await Promise.all(
    files.map(({ name, path, packed, companions = [] }) =>
      Promise.all([path, ...companions].map((one) => describe(name, one, packed ? level : null))),
    ),
  );
  const imports = new Map<string, string>();
  const entries = described.map((all, position) => {
    const [entry, ...beside] = all.map(({ carried, part: { file, sha256 } }) => {
      const variable = imports.get(carried) ?? `file${imports.size}`;
      imports.set(carried, variable);
      return `{ path: ${variable}, file: ${JSON.stringify(file)}, sha256: "${sha256}"`;
    });
    const name = JSON.stringify(files[position]?.name);
    return `  ${name}: ${entry}, companions: [${beside.map((one) => `${one} }`).join(", ")}] },`;
  });
  const text = [
    "// @ts-nocheck",
    "// Written by build.ts.",
    ...[...imports].map(
      ([path, variable]) =>
        `import ${variable} from ${specifier(path, index)} with { type: "file" };`,
    ),
    "",
    "interface CarriedFile { path: string; file: string; sha256: string }",
    "export const files: Readonly<Record<string, CarriedFile & { companions: readonly CarriedFile[] }>> = {",
    ...entries,
    "};",
    `export const starterBackend: string = ${JSON.stringify(starterBackend)};`,
    "",
  ].join("\n");
  if (!existsSync(index) || (await readFile(index, "utf8")) !== text) {
    await mkdir(dirname(index), { recursive: true });
    await writeFile(index, text);
  }
  return described.flat().map(({ part }) => part);
}

// --- internal ---

/**
 * Levels of the compression with zstd. At the higher level, libraries become a tenth smaller, but the compression takes
 * ten times as long.
 */
const developmentLevel = 9;
const releaseLevel = 19;

/**
 * Measures a file of the executable, and compresses it unless `level` is null. `carried` is the path to embed.
 */
async function describe(name: string, path: string, level: number | null) {
  if (!existsSync(path)) {
    throw new BuildError(`Cannot embed ${path}: it has not been built; run "bun build.ts all"`);
  }
  const carried = level === null ? path : `${path}.zst`;
  const sha256 = await sha256OfFile(path);
  if (level !== null) await pack(path, carried, { sha256, level });
  const [{ size: bytes }, { size: packedBytes }] = [await stat(path), await stat(carried)];
  return { carried, part: { name, file: basename(path), bytes, packedBytes, sha256 } };
}

async function pack(
  path: string,
  packed: string,
  { sha256, level }: { readonly sha256: string; readonly level: number },
): Promise<void> {
  await buildStep(
    {
      title: `compressing ${basename(path)}`,
      name: `pack-${relative(buildFolder, path).replaceAll(/[\\/]/g, "-")}`,
      settings: [sha256, level],
      outputs: [packed],
    },
    async () => {
      const bytes = await readFile(path);
      await writeFile(packed, await Bun.zstdCompress(bytes, { level }));
    },
  );
}

function specifier(path: string, index: string): string {
  return JSON.stringify(`./${relative(dirname(index), path).replaceAll("\\", "/")}`);
}

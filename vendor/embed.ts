// Writes .build/embed/index.ts, the list of embedded files. src/platform/embedded.ts reads this list.

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
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

export const embedIndex = join(buildFolder, "embed", "index.ts");

export async function writeEmbedIndex(
  files: readonly EmbeddedFile[],
  { starterBackend }: Pick<Target, "starterBackend">,
): Promise<void> {
  const imports = new Map<string, string>();
  const entries = await Promise.all(
    files.map(async ({ name, path, packed, companions = [] }) => {
      const [entry, ...beside] = await Promise.all(
        [path, ...companions].map((one) => describe(one, packed, imports)),
      );
      return `  ${JSON.stringify(name)}: { ${entry}, companions: [${beside.map((one) => `{ ${one} }`).join(", ")}] },`;
    }),
  );
  const text = [
    "// @ts-nocheck",
    "// Written by build.ts.",
    ...[...imports].map(
      ([path, variable]) => `import ${variable} from ${specifier(path)} with { type: "file" };`,
    ),
    "",
    "interface CarriedFile { path: string; file: string; sha256: string }",
    "export const files: Readonly<Record<string, CarriedFile & { companions: readonly CarriedFile[] }>> = {",
    ...entries,
    "};",
    `export const starterBackend: string = ${JSON.stringify(starterBackend)};`,
    "",
  ].join("\n");
  if (existsSync(embedIndex) && (await readFile(embedIndex, "utf8")) === text) return;
  await mkdir(dirname(embedIndex), { recursive: true });
  await writeFile(embedIndex, text);
}

// --- internal ---

/**
 * Compression level. At higher levels, CTranslate2's library becomes only a tenth smaller, but the compression takes
 * ten times as long.
 */
const zstdLevel = 9;

/** Returns an entry of the index, without its braces. Adds the import for the entry to `imports`. */
async function describe(
  path: string,
  packed: true | undefined,
  imports: Map<string, string>,
): Promise<string> {
  if (!existsSync(path)) {
    throw new BuildError(`Cannot embed ${path}: it has not been built; run "bun build.ts all"`);
  }
  const carried = packed ? `${path}.zst` : path;
  const variable = imports.get(carried) ?? `file${imports.size}`;
  imports.set(carried, variable);
  const sha256 = await sha256OfFile(path);
  if (packed) await pack(path, sha256, carried);
  return `path: ${variable}, file: ${JSON.stringify(basename(path))}, sha256: "${sha256}"`;
}

async function pack(path: string, sha256: string, packed: string): Promise<void> {
  await buildStep(
    {
      title: `compressing ${basename(path)}`,
      name: `pack-${relative(buildFolder, path).replaceAll(/[\\/]/g, "-")}`,
      settings: [sha256, zstdLevel],
      outputs: [packed],
    },
    async () => {
      const bytes = await readFile(path);
      await writeFile(packed, await Bun.zstdCompress(bytes, { level: zstdLevel }));
    },
  );
}

function specifier(path: string): string {
  return JSON.stringify(`./${relative(dirname(embedIndex), path).replaceAll("\\", "/")}`);
}

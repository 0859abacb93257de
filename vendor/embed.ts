// Writes .build/embed/index.ts, the list of the files that the executable carries; src/embedded.ts reads it.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { existsSync } from "node:fs";
import { BuildError, buildFolder, sha256OfFile } from "./packages.mjs";

export interface EmbeddedFile {
  readonly name: string;
  readonly path: string;
}

export const embedIndex = join(buildFolder, "embed", "index.ts");

export async function writeEmbedIndex(files: readonly EmbeddedFile[]): Promise<void> {
  const missing = files.filter(({ path }) => !existsSync(path));
  if (missing.length > 0) {
    throw new BuildError(
      `Cannot embed ${missing[0]?.path}: it has not been built; run "bun build.ts all"`,
    );
  }
  const imports = files.map(({ path }, i) => {
    const specifier = `./${relative(dirname(embedIndex), path).replaceAll("\\", "/")}`;
    return `import file${i} from ${JSON.stringify(specifier)} with { type: "file" };`;
  });
  const entries = await Promise.all(
    files.map(async ({ name, path }, i) => {
      const sha256 = await sha256OfFile(path);
      return `  ${JSON.stringify(name)}: { path: file${i}, sha256: "${sha256}" },`;
    }),
  );
  const text = [
    "// @ts-nocheck",
    "// Written by build.ts.",
    ...imports,
    "",
    "export const files: Readonly<Record<string, { path: string; sha256: string }>> = {",
    ...entries,
    "};",
    "",
  ].join("\n");
  if (existsSync(embedIndex) && (await readFile(embedIndex, "utf8")) === text) return;
  await mkdir(dirname(embedIndex), { recursive: true });
  await writeFile(embedIndex, text);
}

// Bundles the files of the web page: one script, one style sheet, and the files that need no bundling.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EmbeddedFile } from "./embed.ts";
import { BuildError, buildFolder, repository } from "./packages.mjs";
import { buildStep } from "./stamp.ts";

/** Returns the files of the page to embed. Their names start with `page/`. */
export async function buildPage(): Promise<EmbeddedFile[]> {
  const source = join(repository, "src", "page");
  const bundled = ["page.js", "page.css"].map((name) => ({
    name: `page/${name}`,
    path: join(bundleFolder, `${name}.bundle`),
  }));
  await buildStep(
    {
      title: "bundling the web page",
      name: "page",
      inputs: [source, join(repository, "src", "transcript"), import.meta.filename],
      settings: [Bun.version],
      outputs: bundled.map(({ path }) => path),
    },
    () => bundle([join(source, "page.ts"), join(source, "page.css")]),
  );
  const copied = ["index.html", "icon.svg"].map((name) => ({
    name: `page/${name}`,
    path: join(source, name),
  }));
  return [...bundled, ...copied];
}

// --- internal ---

const bundleFolder = join(buildFolder, "embed", "page");

async function bundle(entrypoints: string[]): Promise<void> {
  await mkdir(bundleFolder, { recursive: true });
  const result = await Bun.build({
    entrypoints,
    outdir: bundleFolder,
    // The compiler would check the types of a file whose name ends in .js, because the list of embedded files imports it.
    naming: "[name].[ext].bundle",
    target: "browser",
    format: "esm",
    minify: true,
    throw: false,
  });
  if (!result.success)
    throw new BuildError(`Cannot bundle the web page:\n${result.logs.map(String).join("\n")}`);
}

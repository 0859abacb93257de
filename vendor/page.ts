// Bundles the files of the web page and of the API page. Each page has one script, one style sheet, and files that need
// no bundling. The API page also has the script and the style sheet of Swagger UI.

import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EmbeddedFile } from "./embed.ts";
import { fetchPinned } from "./fetch.ts";
import { BuildError, buildFolder, repository } from "./packages.mjs";
import { buildStep } from "./stamp.ts";

/** Returns the files of the pages to embed. Their names start with `page/`. */
export async function buildPage(): Promise<EmbeddedFile[]> {
  const source = join(repository, "src", "page");
  const bundled = ["page.js", "page.css", "docs.js", "docs.css"].map((name) => ({
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
    () => bundle(["page.ts", "page.css", "docs.ts", "docs.css"].map((name) => join(source, name))),
  );
  const copied = ["index.html", "docs.html", "icon.svg"].map((name) => ({
    name: `page/${name}`,
    path: join(source, name),
  }));
  return [...bundled, ...copied, ...(await swaggerUi())];
}

// --- internal ---

/** Returns the script and the style sheet of Swagger UI. */
async function swaggerUi(): Promise<EmbeddedFile[]> {
  const folder = await fetchPinned("swagger-ui");
  await mkdir(bundleFolder, { recursive: true });
  const files = { "swagger-ui-bundle.js": "swagger-ui.js", "swagger-ui.css": "swagger-ui.css" };
  return await Promise.all(
    Object.entries(files).map(async ([source, name]) => {
      const path = join(bundleFolder, `${name}.bundle`);
      await copyFile(join(folder, source), path);
      return { name: `page/${name}`, path };
    }),
  );
}

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

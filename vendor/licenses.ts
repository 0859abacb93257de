// Collects the licences of all parts of the executable in one text file.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Component } from "./component.ts";
import { componentsOf } from "./components.ts";
import { buildFolder, repository } from "./packages.mjs";
import { buildStep } from "./stamp.ts";
import type { Target } from "./targets.ts";

/** Writes the text file and returns its path. */
export async function writeLicenses(target: Target): Promise<string> {
  const path = join(buildFolder, "embed", target.name, "licenses.txt");
  const lists = ["LICENSE", "package.json", "bun.lock", "ffi/audio/Cargo.lock", "vendor/pins.json"];
  const sources = [
    "licenses.ts",
    "component.ts",
    "components.ts",
    "ctranslate2-licenses.ts",
    "mlx-licenses.ts",
    "vulkan-licenses.ts",
  ];
  const inputs = [
    ...lists.map((name) => join(repository, name)),
    ...sources.map((name) => join(import.meta.dirname, name)),
  ];
  await buildStep(
    {
      title: "collecting licences",
      name: `licenses-${target.name}`,
      inputs,
      settings: target.name,
      outputs: [path],
    },
    async () => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await render(await componentsOf(target)));
    },
  );
  return path;
}

// --- internal ---

const preamble = `open-asr-server contains the following works, each under its own licence. Their source is at the
address beside each name; that of the works under MPL-2.0 is also in the package registry they come from, under the
version given here. The native libraries contain parts of the Rust standard library (MIT OR Apache-2.0) and, on Linux,
of the GCC runtime libraries (GPL-3.0-or-later WITH GCC-exception-3.1). The samples are cuts of John F. Kennedy's
inaugural address of 1961, a work of the United States government: public domain.
`;

/**
 * Returns a text with a list of all works, followed by the licence texts. Each licence text appears once, with the
 * names of the works that use it.
 */
async function render(components: readonly Component[]): Promise<string> {
  const list = components.map(
    ({ name, version, license, homepage }) => `- ${name} ${version}: ${license} (${homepage})`,
  );
  const owners = new Map<string, string[]>();
  for (const { name, texts } of components) {
    for (const text of await texts()) owners.set(text, [...(owners.get(text) ?? []), name]);
  }
  const rule = "=".repeat(80);
  const sections = [...owners].map(
    ([text, names]) => `${rule}\n${names.join(", ")}\n${rule}\n\n${text}\n`,
  );
  return [preamble, ...list, "", ...sections].join("\n");
}

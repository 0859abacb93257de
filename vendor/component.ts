// Describes a work that the executable contains.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PackageURL } from "packageurl-js";
import { fetchPinned } from "./fetch.ts";
import { type PackagePin, readPins } from "./packages.mjs";

export interface Component {
  readonly name: string;
  readonly version: string;
  /** Licence as an SPDX expression, or its name if SPDX does not list it. */
  readonly license: string;
  readonly homepage: string;
  /** The files of package registries that the work comes from. Empty if it is inside the file of another component. */
  readonly files: readonly PackageFile[];
  /** Returns the texts of the licence and notices, without changes. Fetches the work if necessary. */
  readonly texts: () => Promise<readonly string[]>;
}

export interface PackageFile {
  /** Package URL, as in the specification of purl. */
  readonly purl: string;
  readonly algorithm: "SHA-256" | "SHA-512";
  /** Hash of the file, in hexadecimal digits. */
  readonly hash: string;
}

/** Returns the files of a pin for this platform. */
export async function pinnedFiles(name: string, platform?: string): Promise<PackageFile[]> {
  const packages = (await readPins())[name]?.packages ?? [];
  return packages
    .filter((file) => file.platform === undefined || file.platform === platform)
    .map((file) => ({ purl: purlOf(file), algorithm: "SHA-256", hash: file.sha256 }));
}

/** Returns a text in the package of a pin. */
export async function pinnedText(pin: string, path: string, platform?: string): Promise<string> {
  return (await readFile(join(await fetchPinned(pin, platform), path), "utf8")).trim();
}

/**
 * Returns the package URL of a package. The name may start with a scope, as in "@elysiajs/cors". PyPI can have several
 * files of a version, so there the file is part of the package URL.
 */
export function purlOf(
  pin: Pick<PackagePin, "registry" | "package" | "version"> & { readonly file?: string },
): PackageFile["purl"] {
  const [name = "", scope] = pin.package.split("/").toReversed();
  const qualifiers = pin.registry === "pypi" && pin.file ? { file_name: pin.file } : undefined;
  return new PackageURL(pin.registry, scope, name, pin.version, qualifiers, undefined).toString();
}

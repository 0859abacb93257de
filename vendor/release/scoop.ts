// Writes the manifest of a release for Scoop, a package manager of Windows.

import type { Release } from "./release.ts";

/** Returns the manifest, or null if the release has no archive for Windows. */
export function scoopManifest(release: Release): string | null {
  const archive = release.archives.find(({ target }) => target.os === "win32");
  if (!archive) return null;
  const { version, description, homepage, license } = release;
  const { url, sha256: hash, folder: extract_dir } = archive;
  const architecture = { "64bit": { url, hash, extract_dir } };
  const bin = archive.target.executable;
  const manifest = { version, description, homepage, license, architecture, bin };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

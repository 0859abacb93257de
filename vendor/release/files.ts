// Writes the files with which a release is installed and verified, next to its archives.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256OfFile } from "../packages.mjs";
import { homebrewFormula } from "./formula.ts";
import { readRelease, type Release } from "./release.ts";
import { cyclonedx } from "./sbom.ts";
import { scoopManifest } from "./scoop.ts";

/** Writes the files and returns their names. */
export async function writeReleaseFiles(
  folder: string,
  version: string,
  baseUrl?: string,
): Promise<string[]> {
  const release = await readRelease(folder, version, baseUrl);
  const texts = {
    "install.sh": await installer(release),
    "open-asr-server.rb": homebrewFormula(release),
    "open-asr-server.json": scoopManifest(release),
    "open-asr-server.cdx.json": await cyclonedx(release),
  };
  const written: string[] = [];
  for (const [name, text] of Object.entries(texts)) {
    if (text === null) continue;
    await writeFile(join(folder, name), text);
    written.push(name);
  }
  const packed = [...release.archives, ...release.debs];
  const hashes = new Map(packed.map(({ file, sha256 }) => [file, sha256]));
  for (const name of written) hashes.set(name, await sha256OfFile(join(folder, name)));
  const lines = [...hashes.keys()].toSorted().map((name) => `${hashes.get(name)}  ${name}\n`);
  await writeFile(join(folder, sums), lines.join(""));
  return [...written, sums];
}

// --- internal ---

/** Name of the list of hashes, in the format of sha256sum. */
const sums = "SHA256SUMS";

async function installer({ baseUrl, version }: Release): Promise<string> {
  const template = await readFile(join(import.meta.dirname, "install.sh"), "utf8");
  return template.replace("@BASE_URL@", () => baseUrl).replace("@VERSION@", () => version);
}

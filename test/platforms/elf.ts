/** Reads which versions of the system's libraries a library for Linux needs. Needs `readelf` of binutils. */

/**
 * Returns the newest version of each kind that the file needs, for example `{ GLIBC: "2.27", GLIBCXX: "3.4.26" }`. The
 * text is the output of `readelf -V -W`.
 */
export function neededVersions(readelf: string): Readonly<Record<string, string>> {
  const newest: Record<string, string> = {};
  // Only the section of needed versions has lines with "Name: ... Flags:".
  for (const [, kind = "", version = ""] of readelf.matchAll(/Name: (\w+)_([\d.]+) +Flags:/g)) {
    if (isNewer(version, newest[kind] ?? "0")) newest[kind] = version;
  }
  return newest;
}

/** Returns the newest versions that any of the files needs. */
export function versionsOfFiles(paths: readonly string[]): Readonly<Record<string, string>> {
  const { stdout, exitCode, stderr } = Bun.spawnSync(["readelf", "-V", "-W", ...paths]);
  if (exitCode !== 0) throw new Error(`readelf failed: ${stderr.toString()}`);
  return neededVersions(stdout.toString());
}

export function isNewer(version: string, than: string): boolean {
  return Bun.semver.order(threeParts(version), threeParts(than)) > 0;
}

// --- internal ---

function threeParts(version: string): string {
  return [...version.split("."), "0", "0"].slice(0, 3).join(".");
}

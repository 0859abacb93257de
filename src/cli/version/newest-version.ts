/** Asks for the newest version of the program. */

/** The list of hashes that each release has. The names of its archives contain the version. */
const listName = "SHA256SUMS";

/**
 * Returns the newest version that the folder at this address has for this platform. The request contains nothing about
 * this machine or its user. Throws an Error with the reason when there is no such version.
 */
export async function newestVersion(
  address: string,
  platform: string,
  signal: AbortSignal,
): Promise<string> {
  const url = `${address.replace(/\/+$/, "")}/${listName}`;
  const response = await fetch(url, { headers: { "user-agent": "open-asr-server" }, signal });
  if (!response.ok) throw new Error(`the status of the answer is ${response.status}, expected 200`);
  const list = await response.text();
  const versions = [...list.matchAll(archiveName)]
    .filter((name) => name[2] === platform)
    .map((name) => name[1] ?? "");
  const newest = versions.toSorted(Bun.semver.order).at(-1);
  if (newest === undefined) throw new Error(`${listName} names no archive for ${platform}`);
  return newest;
}

// --- internal ---

/** The name of an archive after its hash: the version, then the platform. */
const archiveName =
  /^[0-9a-f]{64} {2}open-asr-server-v(\d[\w.-]*?)-((?:linux|darwin|windows)-\w+)\./gm;

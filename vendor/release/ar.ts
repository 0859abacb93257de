// Writes an ar archive, as deb(5) describes it.

import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/** A member: its name of at most 15 characters, and the text or the path of a file that it contains. */
export type Member = readonly [name: string, content: string | { readonly path: string }];

/** Writes the archive. Its members have no time, and belong to root. */
export async function writeAr(path: string, members: readonly Member[]): Promise<void> {
  await pipeline(async function* () {
    yield Buffer.from("!<arch>\n");
    for (const [name, content] of members) {
      const size =
        typeof content === "string" ? Buffer.byteLength(content) : (await stat(content.path)).size;
      yield Buffer.from(header(name, size));
      if (typeof content === "string") yield Buffer.from(content);
      else yield* createReadStream(content.path);
      // Each member starts at an even offset.
      if (size % 2 === 1) yield Buffer.from("\n");
    }
  }, createWriteStream(path));
}

// --- internal ---

/** Returns a header of 60 bytes: name, time, user, group, mode in octal digits, size, end. */
function header(name: string, size: number): string {
  const fields = [
    name.padEnd(16),
    "0".padEnd(12),
    "0".padEnd(6),
    "0".padEnd(6),
    "100644".padEnd(8),
    String(size).padEnd(10),
  ];
  return `${fields.join("")}\`\n`;
}

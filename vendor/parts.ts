// Describes the parts of an executable: their sizes and hashes.

import { stat } from "node:fs/promises";
import type { Part } from "./embed.ts";
import type { Target } from "./targets.ts";

/** Largest size of an executable in bytes, for the platforms that have a limit. */
const bytesMax: Readonly<Record<string, number>> = {
  "linux-x64": 240_000_000,
  "darwin-arm64": 260_000_000,
};

/**
 * Returns a table with a line for each part: its size, its size in the executable, and its sha256. The lines for Bun and
 * the program follow from the size of the executable.
 */
export async function partsTable(
  target: Target,
  parts: readonly Part[],
  paths: { readonly executable: string; readonly bun: string },
): Promise<string> {
  const [{ size: total }, { size: bun }] = [await stat(paths.executable), await stat(paths.bun)];
  const embedded = new Map(parts.map((part) => [part.sha256, part]));
  const sum = [...embedded.values()].reduce((bytes, part) => bytes + part.packedBytes, 0);
  const rows = [
    ["part", "bytes", "in executable", "sha256"],
    ["bun", bun, bun, ""],
    ["program", total - bun - sum, total - bun - sum, ""],
    ...grouped([...embedded.values()]).map(({ label, bytes, packedBytes, sha256 }) => [
      label,
      bytes,
      packedBytes,
      sha256.slice(0, 16),
    ]),
    ["executable", "", total, limitText(target, total)],
  ].map((row) => row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell)));
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const line = ([label = "", bytes = "", packed = "", hash = ""]: readonly string[]) =>
    `  ${label.padEnd(width(0))}  ${bytes.padStart(width(1))}  ${packed.padStart(width(2))}  ${hash}`.trimEnd();
  return [`${target.name}:`, ...rows.map(line)].join("\n");
}

// --- internal ---

/** Returns a line for each file, except for the many small files of the page and the samples, which share a line. */
function grouped(parts: readonly Part[]) {
  const lines = new Map<
    string,
    { label: string; bytes: number; packedBytes: number; sha256: string }
  >();
  for (const { name, file, bytes, packedBytes, sha256 } of parts) {
    const [folder = name, ...rest] = name.split("/");
    const label = rest.length > 0 ? `${folder}/` : name === file ? name : `${name}: ${file}`;
    const line = lines.get(label);
    if (line === undefined) {
      lines.set(label, { label, bytes, packedBytes, sha256: rest.length > 0 ? "" : sha256 });
      continue;
    }
    line.bytes += bytes;
    line.packedBytes += packedBytes;
  }
  return [...lines.values()];
}

function limitText({ name }: Target, total: number): string {
  const limit = bytesMax[name];
  if (limit === undefined) return "";
  return `${total < limit ? "under" : "over"} ${limit / 1e6} MB`;
}

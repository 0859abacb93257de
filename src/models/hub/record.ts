/**
 * Reads and writes the download record of a repository in the cache. The record lists the files that this program has
 * downloaded. If another tool has downloaded a file, the file is not in the record and is removed only with `force`.
 *
 * The record is stored in the folder of the repository. The Hugging Face tools ignore it.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { readText } from "../file-facts.ts";
import { isCommit } from "./hub.ts";
import type { RepositoryFile } from "./repository.ts";
import { replaceFile } from "./snapshot.ts";

interface SnapshotRecord {
  /** Identifier of the license of the weights. Null when the repository states no license. */
  readonly license: string | null;
  /**
   * Maps the path of each file in the repository to the file name in `blobs`. The file in `blobs` may be incomplete.
   */
  readonly files: Readonly<Record<string, string>>;
}

export interface DownloadRecord {
  /** Names of the files in `blobs` that this program downloaded. */
  readonly blobs: readonly string[];
  /** The downloaded files of each snapshot, by commit id. */
  readonly snapshots: Readonly<Record<string, SnapshotRecord>>;
}

/**
 * Returns the record of a repository. Returns an empty record when the record file is missing or has an unknown format.
 */
export async function readRecord(repositoryPath: string): Promise<DownloadRecord> {
  const text = await readText(join(repositoryPath, recordName), recordBytesMax);
  const content = text === null ? null : parsed(text);
  return Value.Check(recordSchema, content) && Object.keys(content.snapshots).every(isCommit)
    ? { blobs: content.blobs, snapshots: content.snapshots }
    : nothing;
}

/** Writes the record. Deletes the file when the record is empty. The caller must hold the lock of the repository. */
export async function writeRecord(repositoryPath: string, record: DownloadRecord): Promise<void> {
  const path = join(repositoryPath, recordName);
  const isEmpty = record.blobs.length === 0 && Object.keys(record.snapshots).length === 0;
  if (isEmpty) return rm(path, { force: true });
  const text = `${JSON.stringify({ format, ...record }, null, 2)}\n`;
  await replaceFile(path, (temporary) => writeFile(temporary, text));
}

/**
 * Adds the files of a download to the record. Call this function before the first byte arrives. The caller must hold
 * the lock of the repository.
 */
export async function recordSnapshot(
  repositoryPath: string,
  commit: string,
  { license, files }: { license: string | null; files: readonly RepositoryFile[] },
): Promise<void> {
  const { blobs, snapshots } = await readRecord(repositoryPath);
  const names = Object.fromEntries(files.map(({ path, digest }) => [path, digest.hex]));
  const known = snapshots[commit]?.files ?? {};
  const snapshot = { license, files: { ...known, ...names } };
  await writeRecord(repositoryPath, { blobs, snapshots: { ...snapshots, [commit]: snapshot } });
}

/** Records that this program has downloaded the file `blob`. The caller must hold the lock of the repository. */
export async function recordBlob(repositoryPath: string, blob: string): Promise<void> {
  const { blobs, snapshots } = await readRecord(repositoryPath);
  await writeRecord(repositoryPath, { blobs: [...new Set([...blobs, blob])], snapshots });
}

/** Returns whether the text has the form of a file name in `blobs`: a SHA-1 or SHA-256 hash. */
export function isBlobName(name: string): boolean {
  return blobName.test(name);
}

// --- internal ---

const recordName = ".open-asr-server.json";
const format = 1;
/**
 * Maximum size of the record in bytes. Each file needs about 150 bytes, and the largest repositories have several
 * thousand files.
 */
const recordBytesMax = 2 * 2 ** 20;
const nothing: DownloadRecord = { blobs: [], snapshots: {} };

const blobName = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u;
const blobSchema = Type.String({ pattern: blobName.source });
const recordSchema = Type.Object({
  format: Type.Literal(format),
  blobs: Type.Array(blobSchema),
  snapshots: Type.Record(
    Type.String(),
    Type.Object({
      license: Type.Union([Type.String({ maxLength: 100 }), Type.Null()]),
      files: Type.Record(Type.String(), blobSchema),
    }),
  ),
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

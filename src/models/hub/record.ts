/**
 * What this program downloaded into a repository of the cache: a file beside the folders of the Hugging Face tools, which
 * ignore it. Files that it does not name belong to other tools, and are removed only with `force`.
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
  /** Identifier of the license of the weights; null when the repository named none. */
  readonly license: string | null;
  /** Path in the repository to the name of its file in `blobs`. Some of these files may not be complete. */
  readonly files: Readonly<Record<string, string>>;
}

export interface DownloadRecord {
  /** Names of the files in `blobs` that this program downloaded. */
  readonly blobs: readonly string[];
  /** By commit. */
  readonly snapshots: Readonly<Record<string, SnapshotRecord>>;
}

/** Empty when the file is missing, or is not in the known format. */
export async function readRecord(repositoryPath: string): Promise<DownloadRecord> {
  const text = await readText(join(repositoryPath, recordName), recordBytesMax);
  const content = text === null ? null : parsed(text);
  return Value.Check(recordSchema, content) && Object.keys(content.snapshots).every(isCommit)
    ? { blobs: content.blobs, snapshots: content.snapshots }
    : nothing;
}

/** An empty record is no file. The caller holds the lock of the repository. */
export async function writeRecord(repositoryPath: string, record: DownloadRecord): Promise<void> {
  const path = join(repositoryPath, recordName);
  const isEmpty = record.blobs.length === 0 && Object.keys(record.snapshots).length === 0;
  if (isEmpty) return rm(path, { force: true });
  const text = `${JSON.stringify({ format, ...record }, null, 2)}\n`;
  await replaceFile(path, (temporary) => writeFile(temporary, text));
}

/** Notes the files of a download, before the first byte arrives. The caller holds the lock of the repository. */
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

/** Notes that this program stored the file `blob` itself. The caller holds the lock of the repository. */
export async function recordBlob(repositoryPath: string, blob: string): Promise<void> {
  const { blobs, snapshots } = await readRecord(repositoryPath);
  await writeRecord(repositoryPath, { blobs: [...new Set([...blobs, blob])], snapshots });
}

/** Whether the text is the name of a file in `blobs`: a SHA-1 or a SHA-256. */
export function isBlobName(name: string): boolean {
  return blobName.test(name);
}

// --- internal ---

const recordName = ".open-asr-server.json";
const format = 1;
/** A file needs about 150 bytes, and the largest repositories have some thousand files. */
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

// Writes tar files that contain no time, user or other fact of the machine on which they are written.

import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { createTarPacker } from "modern-tar";

/** A folder (its name ends with a slash), or a file with its content. */
export interface Entry {
  readonly name: string;
  /** The content, or the path of a file that contains it. */
  readonly content?: string | Uint8Array | { readonly path: string };
  /** Permissions. The default is 0o755 for folders and 0o644 for files. */
  readonly mode?: number;
}

/** Writes a gzipped tar file. `level` is the level of gzip: 0 copies the bytes, 9 is the slowest. */
export async function writeTarGz(
  path: string,
  entries: readonly Entry[],
  level: number,
): Promise<void> {
  const { readable, controller } = createTarPacker();
  const add = async () => {
    for (const entry of entries) await addEntry(controller, entry);
    controller.finalize();
  };
  const tar = Readable.fromWeb(readable as ReadableStream<Uint8Array>);
  await Promise.all([add(), pipeline(tar, createGzip({ level }), createWriteStream(path))]);
}

// --- internal ---

type Controller = ReturnType<typeof createTarPacker>["controller"];

/** The time of all entries: SOURCE_DATE_EPOCH in seconds, as reproducible-builds.org describes it, or 1970. */
const mtime = new Date(Number(process.env["SOURCE_DATE_EPOCH"] ?? 0) * 1000);

async function addEntry(
  controller: Controller,
  { name, content = "", mode }: Entry,
): Promise<void> {
  const isFolder = name.endsWith("/");
  const body = await bodyOf(content);
  const writable = controller.add({
    name,
    type: isFolder ? "directory" : "file",
    mode: mode ?? (isFolder ? 0o755 : 0o644),
    size: body.size,
    mtime,
    uid: 0,
    gid: 0,
    uname: "root",
    gname: "root",
  });
  await body.stream().pipeTo(writable);
}

async function bodyOf(content: NonNullable<Entry["content"]>): Promise<Blob> {
  if (typeof content === "string") return new Blob([content]);
  if (content instanceof Uint8Array) return new Blob([Uint8Array.from(content)]);
  // Throws if the file does not exist. To Bun.file, a missing file is an empty one.
  await stat(content.path);
  return Bun.file(content.path);
}

/**
 * Reads the files of an import one after another. The source is a tar archive, a folder, or a single file. Its content
 * is treated as untrusted input.
 */
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { createTarDecoder } from "modern-tar";
import { readHead } from "../file-facts.ts";
import { importFailed } from "./import-failed.ts";

export interface ImportEntry {
  /** Relative path with forward slashes. In an archive, it contains no "..". */
  readonly path: string;
  /** Target of a symbolic link. Null for a file. */
  readonly linkTarget: string | null;
  readonly bytes: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Yields the files and links. The caller must read the body of an entry before it requests the next entry. Throws
 * AsrError for an entry that could be written outside the target folder.
 */
export async function* readEntries(source: string): AsyncGenerator<ImportEntry> {
  const stats = await lstat(source).catch(() => null);
  if (stats === null) throw importFailed(`there is no file or folder "${source}"`);
  if (stats.isDirectory()) {
    yield* folderEntries(source, basename(source));
  } else if (await isTar(source)) {
    yield* tarEntries(source);
  } else {
    yield fileEntry(source, basename(source), stats.size);
  }
}

// --- internal ---

/** Maximum depth of nested folders. Real models have fewer levels. */
const depthMax = 16;
/**
 * Maximum total size in bytes of the headers and the padding in an archive. Without this limit, long headers could fill
 * the memory. An archive with a thousand entries stays below the limit.
 */
const headerBytesMax = 16 * 2 ** 20;

const noBody: AsyncIterable<Uint8Array> = (async function* empty() {})();

function fileEntry(location: string, path: string, bytes: number): ImportEntry {
  const body = createReadStream(location, { highWaterMark: 2 ** 20 });
  return { path, linkTarget: null, bytes, body };
}

async function* folderEntries(
  folder: string,
  path: string,
  depth = 0,
): AsyncGenerator<ImportEntry> {
  if (depth > depthMax) throw importFailed(`its folders are nested more than ${depthMax} deep`);
  for (const name of (await readdir(folder)).toSorted()) {
    const location = join(folder, name);
    const stats = await lstat(location);
    const child = `${path}/${name}`;
    if (stats.isDirectory()) yield* folderEntries(location, child, depth + 1);
    else if (stats.isFile()) yield fileEntry(location, child, stats.size);
    else if (stats.isSymbolicLink()) {
      yield { path: child, linkTarget: await readlink(location), bytes: 0, body: noBody };
    } else throw importFailed(`"${child}" is neither a file nor a folder`);
  }
}

const gzipMagic = [0x1f, 0x8b];

async function isGzip(source: string): Promise<boolean> {
  const head = await readHead(source, 2);
  return gzipMagic.every((byte, index) => head?.[index] === byte);
}

/**
 * Returns whether the file is a tar archive. The first header of such an archive contains "ustar" at a fixed position.
 * A file that is compressed with gzip also counts as an archive, because model files are never compressed with gzip.
 */
async function isTar(source: string): Promise<boolean> {
  if (await isGzip(source)) return true;
  const head = await readHead(source, 512);
  return head !== null && new TextDecoder().decode(head.subarray(257, 262)) === "ustar";
}

async function* tarEntries(source: string): AsyncGenerator<ImportEntry> {
  const file = createReadStream(source, { highWaterMark: 2 ** 18 });
  const plain = (await isGzip(source)) ? file.pipe(createGunzip()) : file;
  file.on("error", (error) => plain.destroy(error));
  let read = 0;
  let bodies = 0;
  const counted = Readable.from(
    (async function* count() {
      for await (const piece of plain as AsyncIterable<Uint8Array>) {
        read += piece.length;
        if (read - bodies > headerBytesMax)
          throw importFailed("the headers of the archive are too large");
        yield piece;
      }
    })(),
  );
  try {
    const stream = Readable.toWeb(counted) as unknown as ReadableStream<Uint8Array>;
    for await (const { header, body } of stream.pipeThrough(createTarDecoder({ strict: true }))) {
      const path = safePath(header.name);
      const { type = "file", size } = header;
      if (type === "directory") {
        await body.cancel();
        continue;
      }
      if (type !== "file" && type !== "symlink") {
        throw importFailed(`"${path}" of the archive is a ${type}, expected files and folders`);
      }
      bodies += size;
      const linkTarget = type === "symlink" ? (header.linkname ?? "") : null;
      yield { path, linkTarget, bytes: size, body: readBody(body) };
    }
  } catch (error) {
    throw readable(error);
  } finally {
    file.destroy();
    plain.destroy();
  }
}

async function* readBody(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw readable(error);
  }
}

/**
 * Removes "./" from the start of the path and slashes from its end. Throws AsrError for an absolute path and for a path
 * with "..", because no file of a model has such a path.
 */
function safePath(written: string): string {
  const path = written.replace(/^(?:\.\/)+/u, "").replace(/\/+$/u, "");
  const isUnsafe =
    /^(?:[/\\]|[A-Za-z]:)|[\\\p{Cc}]/u.test(path) ||
    path.length > 500 ||
    path.split("/").some((name) => name === ".." || name === ".");
  if (isUnsafe)
    throw importFailed(`the archive has the path "${path.slice(0, 100)}", which leads out of it`);
  return path;
}

function readable(error: unknown): unknown {
  if (!(error instanceof Error) || error.name === "AsrError") return error;
  return importFailed(
    `the archive is damaged or not complete (${error.message || String("code" in error && error.code)})`,
    error,
  );
}

/**
 * Reads large embedded files. Bun reads an embedded file through the memory mapping of the executable, so all pages of
 * the file stay in the memory of the process. On Linux, this module reads from the file of the executable instead, after
 * it has found the place of the embedded file there.
 */
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { isEmbeddedPath } from "./embedded-path.ts";
import { selfPath } from "./self-path.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Returns the contents of embedded files. A search is fastest when the files are in the order of the executable. */
export async function readEmbeddedFiles(paths: readonly string[]): Promise<readonly Bytes[]> {
  const contents: Bytes[] = [];
  let endOfLast = startOfEmbedded();
  for (const path of paths) {
    const place = endOfLast === null ? null : await findIn(selfPath(), path, endOfLast);
    contents.push(place?.content ?? (await Bun.file(path).bytes()));
    endOfLast = place?.end ?? endOfLast;
  }
  return contents;
}

export interface Place {
  readonly content: Bytes;
  /** Offset of the end of the file in the container. */
  readonly end: number;
}

/** Searches for the bytes of a file in the file `container`, from the offset `from`. Returns null if they are not there. */
export async function findIn(container: string, path: string, from: number): Promise<Place | null> {
  const { size } = Bun.file(path);
  const part = async (start: number) =>
    Buffer.from(
      await Bun.file(path)
        .slice(start, start + comparedBytes)
        .bytes(),
    );
  const head = await part(0);
  const tail = await part(Math.max(0, size - comparedBytes));
  let descriptor: number | null = null;
  try {
    descriptor = openSync(container, "r");
    const start = indexIn(descriptor, head, from);
    if (start === null) return null;
    const content = new Uint8Array(size);
    const isWhole = readSync(descriptor, content, 0, size, start) === size;
    return isWhole && tail.equals(content.subarray(-tail.length))
      ? { content, end: start + size }
      : null;
  } catch {
    return null;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

// --- internal ---

/** Number of bytes at the start and at the end of a file that are compared. */
const comparedBytes = 64;
const blockBytes = 1024 * 1024;

/**
 * Returns an offset in the file of the executable that is before all embedded files. They are in the last part of the
 * file that is mapped. Null if the program runs from its sources, or if this system does not show the mapping.
 */
function startOfEmbedded(): number | null {
  if (process.platform !== "linux" || !isEmbeddedPath(Bun.main)) return null;
  try {
    const executable = readlinkSync(selfPath());
    const lines = readFileSync("/proc/self/maps", "utf8").split("\n");
    const offset = lines.findLast((line) => line.endsWith(executable))?.split(" ")[2];
    return offset === undefined ? null : Number.parseInt(offset, 16);
  } catch {
    return null;
  }
}

function indexIn(descriptor: number, needle: Buffer, from: number): number | null {
  // Two blocks share so many bytes that the needle is whole in one of them.
  const shared = needle.length - 1;
  const block = Buffer.allocUnsafeSlow(blockBytes + shared);
  for (let offset = from; ; offset += blockBytes) {
    const length = readSync(descriptor, block, 0, block.length, offset);
    const index = block.subarray(0, length).indexOf(needle);
    if (index !== -1) return offset + index;
    if (length < block.length) return null;
  }
}

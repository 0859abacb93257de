/** Adds a reference to an external file to a mov file, so that its samples are in that file. */

/**
 * Returns a copy of a mov file whose audio samples are in the file at `path`. The movie box must be the last box, so
 * that the longer box moves no samples. If `isRelative` is true, the last name of the path is relative to the folder of
 * the mov file.
 */
export function withExternalSamples(movie: Buffer, path: string, isRelative: boolean): Buffer {
  const reference = aliasOf(path, isRelative);
  const dref = movie.indexOf("dref");
  // The box `dref` has a size, a type, a version with flags, and the number of its entries. Its only entry is replaced.
  const start = dref - 4;
  const end = start + movie.readUInt32BE(start);
  const head = movie.subarray(0, start + 16);
  const changed = Buffer.concat([head, reference, movie.subarray(end)]);
  const added = changed.length - movie.length;
  for (const at of boxesAround(movie, start)) {
    changed.writeUInt32BE(movie.readUInt32BE(at) + added, at);
  }
  return changed;
}

// --- internal ---

const containers = new Set(["moov", "trak", "mdia", "minf", "dinf"]);

/** Returns the positions of the box at `position` and of all boxes around it. */
function boxesAround(movie: Buffer, position: number): number[] {
  const found: number[] = [];
  let at = 0;
  while (at < position) {
    const size = movie.readUInt32BE(at);
    if (at + size <= position) {
      at += size;
      continue;
    }
    if (!containers.has(movie.toString("latin1", at + 4, at + 8))) {
      throw new Error(`expected a box that contains others at ${at}`);
    }
    found.push(at);
    at += 8;
  }
  return [...found, position];
}

/** Returns an entry of the type `alis`, with the absolute path of a file, as QuickTime writes it. */
function aliasOf(path: string, isRelative: boolean): Buffer {
  const volume = Buffer.alloc(28);
  const name = Buffer.alloc(64);
  name[0] = Buffer.from("samples").copy(name, 1);
  const levels = Buffer.from(isRelative ? [0, 1, 0, 1] : [0, 0, 0, 0]);
  const absolutePath = 2;
  const written = Buffer.from(path);
  const length = Buffer.alloc(4);
  length.writeUInt16BE(absolutePath, 0);
  length.writeUInt16BE(written.length, 2);
  const padding = Buffer.alloc((written.length & 1) + 100);
  const end = Buffer.from([0xff, 0xff, 0, 0]);
  const alias = [Buffer.alloc(10), volume, Buffer.alloc(12), name, Buffer.alloc(16), levels];
  const body = Buffer.concat([...alias, Buffer.alloc(16), length, written, padding, end]);
  const header = Buffer.from("\0\0\0\0alis\0\0\0\0", "latin1");
  header.writeUInt32BE(header.length + body.length, 0);
  return Buffer.concat([header, body]);
}

/**
 * Reads Mach-O files for arm64, as Apple's headers <mach-o/loader.h>, <mach-o/nlist.h> and <kern/cs_blobs.h> describe them.
 */
import { createHash } from "node:crypto";

export interface MachO {
  readonly kind: "executable" | "library" | "other";
  readonly isArm64: boolean;
  /** Oldest version of macOS that loads the file, such as "13.0". */
  readonly oldestMacos: string;
  /** Paths of the libraries that the file needs. */
  readonly libraries: readonly string[];
  /** Imported symbols, without the underscore at their start, with the path of the library that must export them. */
  readonly imports: readonly { readonly symbol: string; readonly library: string }[];
  /** The code signature, or null. */
  readonly signature: Signature | null;
}

export interface Signature {
  readonly isAdHoc: boolean;
  readonly pages: number;
  /** Number of pages whose bytes differ from their hash. */
  readonly wrongPages: number;
}

export function readMachO(bytes: Buffer): MachO {
  if (bytes.readUInt32LE(0) !== magic64) throw new Error("This is not a 64-bit Mach-O file");
  const commands = [...loadCommands(bytes)];
  const find = (type: number) => commands.find((command) => command.type === type)?.at;
  const libraries = commands
    .filter(({ type }) => libraryCommands.has(type))
    .map(({ at }) => textAt(bytes, at + bytes.readUInt32LE(at + 8)));
  const version = find(buildVersion);
  const signature = find(codeSignature);
  return {
    kind: kinds[bytes.readUInt32LE(12)] ?? "other",
    isArm64: bytes.readUInt32LE(4) === arm64,
    oldestMacos: version === undefined ? "" : versionText(bytes.readUInt32LE(version + 12)),
    libraries,
    imports: importsOf(bytes, find(symbolTable), libraries),
    signature:
      signature === undefined ? null : readSignature(bytes, bytes.readUInt32LE(signature + 8)),
  };
}

/** Returns the symbols that a text file of Apple's linker (.tbd) lists, without the underscore at their start. */
export function symbolsOfTbd(text: string): ReadonlySet<string> {
  const lists = [...text.matchAll(/^\s+(?:weak-|thread-local-)?symbols: +\[([^\]]*)\]/gm)];
  const names = lists.flatMap(([, list = ""]) => list.split(",").map((name) => name.trim()));
  return new Set(names.map((name) => name.replaceAll(/^'|'$/g, "").replace(/^_/, "")));
}

// --- internal ---

const magic64 = 0xfeedfacf;
const arm64 = 0x0100000c;
const kinds: Readonly<Record<number, MachO["kind"]>> = {
  2: "executable",
  6: "library",
  8: "library",
};
const symbolTable = 0x2;
const codeSignature = 0x1d;
const buildVersion = 0x32;
/** LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB and LC_REEXPORT_DYLIB. */
const libraryCommands = new Set([0xc, 0x80000018, 0x8000001f]);

function* loadCommands(bytes: Buffer) {
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    yield { type: bytes.readUInt32LE(at), at };
    at += bytes.readUInt32LE(at + 4);
  }
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString("utf8", at, bytes.indexOf(0, at));
}

function versionText(packed: number): string {
  return `${packed >>> 16}.${(packed >>> 8) & 0xff}`;
}

/** An external symbol that is undefined is an import. The upper byte of its n_desc is the number of the library. */
function importsOf(
  bytes: Buffer,
  at: number | undefined,
  libraries: readonly string[],
): MachO["imports"] {
  if (at === undefined) return [];
  const [symbols, count, texts] = [8, 12, 16].map((field) => bytes.readUInt32LE(at + field));
  const found = [];
  for (let n = 0; n < (count ?? 0); n++) {
    const entry = (symbols ?? 0) + 16 * n;
    const isImport = (bytes.readUInt8(entry + 4) & 0xef) === 0x01;
    if (!isImport) continue;
    const symbol = textAt(bytes, (texts ?? 0) + bytes.readUInt32LE(entry)).replace(/^_/, "");
    found.push({ symbol, library: libraries[bytes.readUInt8(entry + 7) - 1] ?? "" });
  }
  return found;
}

/** Checks the hash of each page. Numbers in a signature have the high byte first. */
function readSignature(bytes: Buffer, start: number): Signature {
  const directory = start + codeDirectoryOffset(bytes, start);
  const field = (offset: number) => bytes.readUInt32BE(directory + offset);
  const [flags, hashes, pages, end] = [12, 16, 28, 32].map(field) as [
    number,
    number,
    number,
    number,
  ];
  const hashSize = bytes.readUInt8(directory + 36);
  const isSha256 = bytes.readUInt8(directory + 37) === 2;
  if (!isSha256) throw new Error("The signature does not use SHA-256");
  const pageSize = 2 ** bytes.readUInt8(directory + 39);
  let wrongPages = 0;
  for (let page = 0; page < pages; page++) {
    const content = bytes.subarray(page * pageSize, Math.min((page + 1) * pageSize, end));
    const at = directory + hashes + page * hashSize;
    const isRight = createHash("sha256")
      .update(content)
      .digest()
      .equals(bytes.subarray(at, at + hashSize));
    if (!isRight) wrongPages += 1;
  }
  return { isAdHoc: (flags & 0x2) !== 0, pages, wrongPages };
}

function codeDirectoryOffset(bytes: Buffer, start: number): number {
  for (let n = bytes.readUInt32BE(start + 8) - 1; n >= 0; n--) {
    const entry = start + 12 + 8 * n;
    if (bytes.readUInt32BE(entry) === 0) return bytes.readUInt32BE(entry + 4);
  }
  throw new Error("The signature has no code directory");
}

// Reads Mach-O files for arm64, as Apple's headers <mach-o/loader.h>, <mach-o/nlist.h> and <kern/cs_blobs.h> describe
// them.

import { createHash } from "node:crypto";

export interface MachO {
  readonly kind: "executable" | "library" | "other";
  readonly isArm64: boolean;
  /** Oldest version of macOS that loads the file, such as "13.0". */
  readonly oldestMacos: string;
  /** Paths of the libraries that the file needs. */
  readonly libraries: readonly string[];
  /** Folders that replace "@rpath" in the paths of the libraries. */
  readonly runPaths: readonly string[];
  /** Imported symbols, without the underscore at their start, with the path of the library that must export them. */
  readonly imports: readonly { readonly symbol: string; readonly library: string }[];
  /** Exported symbols, without the underscore at their start. */
  readonly exports: readonly string[];
  /** The code signature, or null. */
  readonly signature: Signature | null;
}

interface Signature {
  readonly isAdHoc: boolean;
  readonly pages: number;
  /** Number of pages whose bytes differ from their hash. */
  readonly wrongPages: number;
}

export function readMachO(bytes: Buffer): MachO {
  if (bytes.readUInt32LE(0) !== magic64) throw new Error("This is not a 64-bit Mach-O file");
  const commands = [...loadCommands(bytes)];
  const find = (type: number) => commands.find((command) => command.type === type)?.at;
  const textsOf = (isWanted: (type: number) => boolean) =>
    commands
      .filter(({ type }) => isWanted(type))
      .map(({ at }) => textAt(bytes, at + bytes.readUInt32LE(at + 8)));
  const libraries = textsOf((type) => libraryCommands.has(type));
  const version = find(buildVersion);
  const signature = find(codeSignature);
  return {
    kind: kinds[bytes.readUInt32LE(12)] ?? "other",
    isArm64: bytes.readUInt32LE(4) === arm64,
    oldestMacos: version === undefined ? "" : versionText(bytes.readUInt32LE(version + 12)),
    libraries,
    runPaths: textsOf((type) => type === runPath),
    ...symbolsOf(bytes, find(symbolTable), libraries),
    signature:
      signature === undefined ? null : readSignature(bytes, bytes.readUInt32LE(signature + 8)),
  };
}

// --- internal ---

const magic64 = 0xfeedfacf;
const arm64 = 0x0100000c;
const kinds: Readonly<Record<number, MachO["kind"]>> = {
  2: "executable",
  6: "library",
  8: "library",
};
/** Bits of n_type. */
const external = 0x01;
const definition = 0x0e;
const privateExternal = 0x10;
const debugging = 0xe0;
const symbolTable = 0x2;
const codeSignature = 0x1d;
const buildVersion = 0x32;
const runPath = 0x8000001c;
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

/**
 * Of the external symbols, the undefined ones are imports. The upper byte of the n_desc of an import is the number of the
 * library.
 */
function symbolsOf(
  bytes: Buffer,
  at: number | undefined,
  libraries: readonly string[],
): Pick<MachO, "imports" | "exports"> {
  const imports = [];
  const exports = [];
  const [symbols = 0, count = 0, texts = 0] =
    at === undefined ? [] : [8, 12, 16].map((field) => bytes.readUInt32LE(at + field));
  for (let entry = symbols; entry < symbols + 16 * count; entry += 16) {
    const type = bytes.readUInt8(entry + 4);
    const isExternal = (type & (debugging | privateExternal | external)) === external;
    if (!isExternal) continue;
    const symbol = textAt(bytes, texts + bytes.readUInt32LE(entry)).replace(/^_/, "");
    if ((type & definition) !== 0) exports.push(symbol);
    else imports.push({ symbol, library: libraries[bytes.readUInt8(entry + 7) - 1] ?? "" });
  }
  return { imports, exports };
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

/**
 * Records which transcripts in a folder are finished, so that --resume can skip them. The record is a file in the
 * folder of the transcripts. It contains one line of JSON for each transcript. The program appends this line after it
 * has written the transcript.
 */
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
} from "node:fs";
import { joinPath, nameOf, parentOf, shownPath, systemPath } from "../file-names.ts";
import { fileProblem } from "../file-problems.ts";
import type { Output } from "./output-names.ts";

/** Reads and writes the records in all output folders of a command. */
export class FinishedRecords {
  readonly #isKept: boolean;
  readonly #warn: (text: string) => void;
  readonly #folders = new Map<string, ReadonlyMap<string, string>>();
  #hasWarned = false;

  /**
   * If `isKept` is true, the program creates a record in each output folder that has no record. If a folder already has
   * a record, the program adds to this record even if `isKept` is false.
   */
  constructor(isKept: boolean, warn: (text: string) => void) {
    this.#isKept = isKept;
    this.#warn = warn;
  }

  /**
   * Returns whether every output file exists, and whether its fingerprint in the record is equal to its fingerprint in
   * `fingerprints`. False when there is no output file.
   */
  isFinished(
    outputs: readonly Output[],
    fingerprints: ReadonlyMap<string, string> | null,
  ): boolean {
    if (outputs.length === 0) return false;
    return outputs.every(({ path, format }) => {
      const recorded = this.#finishedIn(parentOf(path)).get(nameOf(path));
      const isSame = recorded !== undefined && recorded === fingerprints?.get(format);
      return isSame && existsSync(systemPath(path));
    });
  }

  /**
   * Adds written output files to the record in their folder. Only the first failure to write a record causes a warning.
   */
  add(outputs: readonly Output[], fingerprints: ReadonlyMap<string, string>): void {
    const [first] = outputs;
    if (first === undefined) return;
    const path = joinPath(parentOf(first.path), recordName);
    if (!this.#isKept && !existsSync(systemPath(path))) return;
    const lines = outputs.map(({ path: output, format }) =>
      JSON.stringify({ transcript: nameOf(output), fingerprint: fingerprints.get(format) }),
    );
    try {
      append(path, lines);
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      this.#warn(
        `Cannot write "${shownPath(path)}": ${fileProblem(error)}; ` +
          "--resume will transcribe these recordings again",
      );
    }
  }

  /** Returns the fingerprints of the transcripts in the folder, by file name. */
  #finishedIn(folder: string): ReadonlyMap<string, string> {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const finished = readRecord(joinPath(folder, recordName));
    this.#folders.set(folder, finished);
    return finished;
  }
}

// --- internal ---

const recordName = ".open-asr-server.jsonl";

/** Maximum size in bytes of a record that is read. A line of a record has about 100 bytes. */
const bytesMax = 256 << 20;

/**
 * Returns the fingerprints in a record, by file name. A crash can leave an incomplete line. Such a line is ignored, so
 * --resume transcribes the recording of this line again.
 */
function readRecord(path: string): ReadonlyMap<string, string> {
  const finished = new Map<string, string>();
  for (const line of textOf(path).split("\n")) {
    const entry = parse(line);
    if (entry !== null) finished.set(entry.transcript, entry.fingerprint);
  }
  return finished;
}

function textOf(path: string): string {
  try {
    return withRecord(path, constants.O_RDONLY, (descriptor, size) =>
      size > bytesMax ? "" : readFileSync(descriptor, "utf8"),
    );
  } catch {
    // The record does not exist or cannot be read. All recordings are then transcribed again.
    return "";
  }
}

function parse(line: string): { transcript: string; fingerprint: string } | null {
  try {
    const entry = JSON.parse(line) as { transcript?: unknown; fingerprint?: unknown } | null;
    const { transcript, fingerprint } = entry ?? {};
    return typeof transcript === "string" && typeof fingerprint === "string"
      ? { transcript, fingerprint }
      : null;
  } catch {
    return null;
  }
}

/** Appends lines to the record. If the last line of the record is incomplete, starts a new line first. */
function append(path: string, lines: readonly string[]): void {
  const { O_RDWR, O_CREAT, O_APPEND } = constants;
  const text = lines.map((line) => `${line}\n`).join("");
  withRecord(path, O_RDWR | O_CREAT | O_APPEND, (descriptor, size) => {
    appendFileSync(descriptor, endsInLine(descriptor, size) ? `\n${text}` : text);
  });
}

function endsInLine(descriptor: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}

/**
 * Opens the record and calls `work`. The folder can come from another person, so the record must be a regular file: a
 * named pipe would block this process, a device would have no end, and a link could lead to a file of the user.
 */
function withRecord<T>(
  path: string,
  flags: number,
  work: (descriptor: number, size: number) => T,
): T {
  // Windows lacks these two flags.
  const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const descriptor = openSync(systemPath(path), flags | careful, 0o666);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new Error("it is not a regular file");
    return work(descriptor, stats.size);
  } finally {
    closeSync(descriptor);
  }
}

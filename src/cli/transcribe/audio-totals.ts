/**
 * Adds up the lengths of the audio of all files. The length of a file is known only after the file was opened. Before
 * that, the length is estimated from the size of the file, because recordings of one format usually have a similar bit
 * rate.
 */
import { extensionOf } from "../file-names.ts";

export interface SizedFile {
  readonly path: string;
  /** Size of the file in bytes. 0 when it is unknown, for example for a pipe. */
  readonly bytes: number;
}

export class AudioTotals {
  readonly #files: readonly FileTotals[];
  readonly #formats = new Map<string, FormatTotals>();
  #doneS = 0;

  constructor(files: readonly SizedFile[]) {
    this.#files = files.map(({ path, bytes }) => {
      const format = extensionOf(path).toLowerCase();
      this.#format(format).waitingBytes += bytes;
      return { format, bytes, doneS: 0, totalS: null, isWaiting: true };
    });
  }

  /** Seconds of audio that are already transcribed, in all files together. */
  get doneS(): number {
    return this.#doneS;
  }

  /** Length of all files together, in seconds. Null while no length of a file is known. */
  get totalS(): number | null {
    const all = this.#sum();
    if (all.knownS === 0) return null;
    let totalS = all.knownS;
    for (const one of this.#formats.values()) {
      const { knownS, knownBytes } = one.knownBytes > 0 ? one : all;
      if (knownBytes > 0) totalS += (one.waitingBytes * knownS) / knownBytes;
    }
    return totalS;
  }

  /** Whether `totalS` contains estimated lengths. */
  get isEstimate(): boolean {
    return this.#sum().waitingBytes > 0;
  }

  /** Records the progress of the file with number `index`. `totalS` is null while the length of the file is unknown. */
  progress(index: number, { doneS, totalS }: { doneS: number; totalS: number | null }): void {
    const file = this.#file(index);
    this.#doneS += doneS - file.doneS;
    file.doneS = doneS;
    if (totalS !== null) this.#setLength(file, totalS);
  }

  /** Records that a file is completely transcribed, and its length. */
  finish(index: number, durationS: number): void {
    this.progress(index, { doneS: durationS, totalS: durationS });
  }

  /** Removes a file from the totals, because its transcription failed. */
  drop(index: number): void {
    const file = this.#file(index);
    const format = this.#format(file.format);
    this.#doneS -= file.doneS;
    if (file.isWaiting) format.waitingBytes -= file.bytes;
    else {
      format.knownBytes -= file.bytes;
      format.knownS -= file.totalS ?? 0;
    }
    Object.assign(file, { bytes: 0, doneS: 0, totalS: 0, isWaiting: false });
  }

  #setLength(file: FileTotals, totalS: number): void {
    const format = this.#format(file.format);
    if (file.isWaiting) {
      format.waitingBytes -= file.bytes;
      format.knownBytes += file.bytes;
    }
    format.knownS += totalS - (file.totalS ?? 0);
    file.totalS = totalS;
    file.isWaiting = false;
  }

  #sum(): FormatTotals {
    const sum = { waitingBytes: 0, knownBytes: 0, knownS: 0 };
    for (const one of this.#formats.values()) {
      sum.waitingBytes += one.waitingBytes;
      sum.knownBytes += one.knownBytes;
      sum.knownS += one.knownS;
    }
    return sum;
  }

  #file(index: number): FileTotals {
    const file = this.#files[index];
    if (file === undefined) throw new Error(`expected a file, found none with number ${index}`);
    return file;
  }

  #format(name: string): FormatTotals {
    const known = this.#formats.get(name);
    if (known !== undefined) return known;
    const format = { waitingBytes: 0, knownBytes: 0, knownS: 0 };
    this.#formats.set(name, format);
    return format;
  }
}

// --- internal ---

interface FileTotals {
  readonly format: string;
  bytes: number;
  doneS: number;
  totalS: number | null;
  /** Whether the length of the file is unknown. */
  isWaiting: boolean;
}

/** Totals of all files that have the same extension. */
interface FormatTotals {
  /** Total size in bytes of the files whose length is unknown. */
  waitingBytes: number;
  /**
   * Total size in bytes of the files whose length is known. `knownS` is the total length of the same files in seconds.
   */
  knownBytes: number;
  knownS: number;
}

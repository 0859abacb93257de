/**
 * Provides a private file for the samples that ffmpeg decodes. Except on Windows, the file has no name, so the system
 * frees its space when this process ends, even after a crash.
 */
import { randomUUID } from "node:crypto";
import { closeSync, fstatSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";

export class DecodedFile implements Disposable {
  /** Descriptor for writing. */
  readonly writer: number;
  /** Path with which this process can open the file until the object is disposed. */
  readonly path: string;
  readonly #reader: number;
  readonly #name: string;

  /** Throws file system errors. */
  constructor(folder: string) {
    this.#name = join(folder, `open-asr-server-ffmpeg-${randomUUID()}`);
    this.writer = openSync(this.#name, "wx", 0o600);
    this.#reader = openSync(this.#name, "r");
    if (process.platform === "win32") {
      this.path = this.#name;
      return;
    }
    rmSync(this.#name);
    const descriptors = process.platform === "linux" ? "/proc/self/fd" : "/dev/fd";
    this.path = `${descriptors}/${this.#reader}`;
  }

  get bytes(): number {
    return fstatSync(this.writer).size;
  }

  [Symbol.dispose](): void {
    closeSync(this.writer);
    closeSync(this.#reader);
    rmSync(this.#name, { force: true });
  }
}

/**
 * What a user writes to name a model, parsed once.
 *
 *     reference = [ backend ":" ] ( name | path )
 *     path      = one that begins with "/", ".", "~/" or a drive letter, or ends in ".bin"
 *
 * `base`, `whisper-cpp:base`, `whisper-cpp:/models/ggml-small.bin`, `C:\models\ggml-small.bin`.
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface ModelRef {
  /** What stands before the colon; null when nothing does. It need not be a backend that exists. */
  readonly backend: string | null;
  /** A name, or an absolute path. */
  readonly name: string;
  readonly isPath: boolean;
}

export function parseModelRef(written: string): ModelRef {
  const text = written.trim();
  const colon = isPath(text) ? -1 : text.indexOf(":");
  const backend = colon < 0 ? null : text.slice(0, colon);
  const name = text.slice(colon + 1);
  return isPath(name)
    ? { backend, name: absolute(name), isPath: true }
    : { backend, name, isPath: false };
}

export function formatModelRef({ backend, name }: ModelRef): string {
  return backend === null ? name : `${backend}:${name}`;
}

// --- internal ---

function isPath(text: string): boolean {
  return /^(?:[/.]|~[/\\]|[A-Za-z]:[/\\])|^[^:]*\.bin$/u.test(text);
}

function absolute(path: string): string {
  return resolve(/^~[/\\]/u.test(path) ? join(homedir(), path.slice(2)) : path);
}

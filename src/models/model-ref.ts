/**
 * Parses a reference to a model, in the form that a user writes.
 *
 *     reference = [ backend ":" ] ( name | path )
 *     path      = begins with "/", ".", "~/" or a drive letter, or ends in ".bin"
 *
 * Examples: `base`, `whisper-cpp:base`, `whisper-cpp:/models/ggml-small.bin`, `C:\models\ggml-small.bin`.
 */
import { resolve } from "node:path";
import { withHomeFolder } from "../platform/home-folder.ts";

export interface ModelRef {
  /** Text before the colon. Null when there is no colon. A backend with this id may not exist. */
  readonly backend: string | null;
  /**
   * Name of the model, or absolute path of the model. A path that starts with `~/` stays unchanged when the user has no
   * home folder.
   */
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

/** Returns the id of a model with its backend. An id that already starts with the backend stays unchanged. */
export function withBackend(backend: string, id: string): string {
  return id.startsWith(`${backend}:`) ? id : `${backend}:${id}`;
}

export function matchesGlob(glob: string, name: string): boolean {
  return new Bun.Glob(glob).match(name);
}

// --- internal ---

function isPath(text: string): boolean {
  return /^(?:[/.]|~[/\\]|[A-Za-z]:[/\\])|^[^:]*\.bin$/u.test(text);
}

function absolute(path: string): string {
  const found = withHomeFolder(path);
  return /^~[/\\]/u.test(found) ? found : resolve(found);
}

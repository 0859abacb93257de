/**
 * Defines the types of settings that contain names or paths of models. A path that starts with ./ or ../ is relative.
 * In a configuration file, it is relative to the folder of the file. In a flag or variable, it is relative to the
 * current folder.
 */
import { resolve } from "node:path";
import { type Alias, parseAlias } from "../models/aliases.ts";
import { list, listOf, text, type Value } from "./value.ts";

export function model(): Value<string> {
  const { read, ...texts } = text("MODEL");
  return {
    ...texts,
    read(written, folder) {
      const found = read(written);
      return found === undefined ? undefined : inFolder(found, folder);
    },
  };
}

export function models(): Value<readonly string[]> {
  const texts = list("MODEL,...");
  return {
    ...texts,
    readItems: (written, folder) =>
      texts.readItems?.(written)?.map((item) => inFolder(item, folder)),
  };
}

export function modelAliases(): Value<readonly Alias[]> {
  return listOf(
    "NAME=MODEL,...",
    "NAME=MODEL pairs, such as whisper-1=large-v3-turbo",
    (item, folder) => {
      const alias = parseAlias(item);
      return alias && { ...alias, model: inFolder(alias.model, folder) };
    },
  );
}

// --- internal ---

/**
 * If the path starts with ./ or ../, makes the path absolute. The text may start with a backend, for example
 * `whisper-cpp:./model.bin`.
 */
function inFolder(written: string, folder: string | undefined): string {
  if (folder === undefined) return written;
  const [, backend = "", path] = /^([\w-]+:)?(\.{1,2}[/\\].*)$/su.exec(written) ?? [];
  return path === undefined ? written : backend + resolve(folder, path);
}

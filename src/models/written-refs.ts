/**
 * Parses a reference to a model that an operator or a client has written. Only an operator can refer to any file on
 * this machine.
 */
import { join, resolve } from "node:path";
import { isAtPath } from "./file-facts.ts";
import { modelOfGgmlFile } from "./model-names.ts";
import { type ModelRef, parseModelRef } from "./model-ref.ts";

/**
 * Returns the model reference of an operator. A name with a slash, or with the extension of a model file, is a path if
 * a file or folder exists there. A file name without a folder is searched in the current folder, then in the folder of
 * models.
 */
export function operatorRef(written: string, modelDir: string | null): ModelRef {
  const ref = parseModelRef(written);
  const name = ref.backend === null ? written.trim() : written.trim().slice(ref.backend.length + 1);
  if (!looksLikePath.test(name)) return ref;
  const folders = isBare(name) && modelDir !== null ? [".", modelDir] : ["."];
  const paths = ref.isPath ? [ref.name] : [];
  const path = [...paths, ...folders.map((folder) => resolve(join(folder, name)))].find(isAtPath);
  return path === undefined ? ref : { backend: ref.backend, name: path, isPath: true };
}

/** Returns the model reference of a client. `ggml-NAME.bin` means the model NAME in the folder of models. */
export function clientRef(written: string): ModelRef {
  const ref = parseModelRef(written);
  const bare = written.trim().slice(ref.backend === null ? 0 : ref.backend.length + 1);
  const name = ref.isPath && isBare(bare) ? modelOfGgmlFile(bare) : null;
  return name === null ? ref : { backend: ref.backend, name, isPath: false };
}

// --- internal ---

const looksLikePath = /[/\\]|\.(?:bin|gguf|ggml|safetensors|onnx|nemo|pt|pth|ckpt|npz)$/iu;

function isBare(name: string): boolean {
  return !/[/\\]/u.test(name);
}

/** Parses a reference to a model. An operator can refer to any file on this machine. A client cannot. */
import { join, resolve } from "node:path";
import { isAtPath } from "./file-facts.ts";
import { modelOfGgmlFile } from "./model-names.ts";
import { type ModelRef, parseModelRef } from "./model-ref.ts";

/**
 * Returns the model reference of an operator. If the name contains a slash or has the extension of a model file, it may
 * be a path. It is a path if a file or folder exists there. If the name contains no slash, looks for the file in the
 * current folder and then in the model folder.
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

/** Returns the model reference of a client. The file name `ggml-NAME.bin` means the model NAME. */
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

/**
 * Creates GGUF files with false numbers in their headers. A careless loader would trust these numbers, and would allocate
 * memory for them or read outside the file.
 */
import { type GgufValue, u32, u64 } from "./gguf-file.ts";
import { parakeetFile, smallShape } from "./parakeet.ts";

/** Returns files by the description of their damage. All files have the weights of a small Parakeet model. */
export function hostileGgufFiles(): readonly (readonly [string, Uint8Array])[] {
  const { first, second } = tensorNames;
  return [
    ["2^60 tensors", patched(() => tensorCountAt, u64(huge))],
    ["2^60 values", patched(() => valueCountAt, u64(huge))],
    ["a key of 2^60 bytes", patched(() => firstKeyAt, u64(huge))],
    ["a text of 2^60 bytes", patched((file) => endOf(file, architecture) + 4, u64(huge))],
    ["a list of 2^60 texts", patched((file) => endOf(file, languages) + 8, u64(huge))],
    ["a value of an unknown type", patched((file) => endOf(file, architecture), u32(99))],
    ["a text instead of the number of layers", changed({ [layers]: "2" })],
    ["a real number of layers", changed({ [layers]: { float: 2 } })],
    ["a list instead of the width", changed({ [width]: Int32Array.of(32) })],
    ["a number instead of the kind of model", changed({ [architecture]: 7 })],
    ["a number instead of the vocabulary", changed({ [vocabulary]: 7 })],
    ["numbers instead of the vocabulary", changed({ [vocabulary]: Int32Array.of(1, 2, 3) })],
    ["a number instead of the languages", changed({ [languages]: 7 })],
    ["numbers instead of the languages", changed({ [languages]: Int32Array.of(1, 2) })],
    [
      "a tensor of four billion dimensions",
      patched((file) => endOf(file, first), u32(2 ** 32 - 1)),
    ],
    ["a tensor with a dimension of 2^60", patched((file) => endOf(file, first) + 4, u64(huge))],
    [
      "a tensor with a negative dimension",
      patched((file) => endOf(file, first) + 4, u64(2n ** 64n - 1n)),
    ],
    ["a tensor of an unknown type", patched((file) => typeAt(file, first), u32(99))],
    ["a tensor of another type", patched((file) => typeAt(file, first), u32(typeF16))],
    ["a tensor outside the file", patched((file) => typeAt(file, second) + 4, u64(huge))],
    ["two tensors at the same place", patched((file) => typeAt(file, second) + 4, u64(0n))],
  ];
}

// --- internal ---

const huge = 2n ** 60n;
const tensorCountAt = 8;
const valueCountAt = 16;
const firstKeyAt = 24;
const typeF16 = 1;

const architecture = "general.architecture";
const languages = "general.languages";
const vocabulary = "tokenizer.ggml.tokens";
const layers = "stt.parakeet.encoder.n_layers";
const width = "stt.parakeet.encoder.d_model";
/** Names of the first two tensors of the file. */
const tensorNames = {
  first: "enc.pre_encode.conv.0.weight",
  second: "enc.pre_encode.conv.0.bias",
} as const;

function changed(changes: Readonly<Record<string, GgufValue>>): Uint8Array {
  return parakeetFile(smallShape, changes);
}

function patched(at: (file: Buffer) => number, bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(parakeetFile(smallShape));
  file.set(bytes, at(file));
  return file;
}

/** Returns the offset after the name of a value or a tensor. The length of the name precedes the name. */
function endOf(file: Buffer, name: string): number {
  const written = Buffer.concat([u64(name.length), Buffer.from(name)]);
  const at = file.indexOf(written);
  if (at < 0) throw new Error(`expected ${name} in the GGUF file, found no such name`);
  return at + written.length;
}

/** Returns the offset of a tensor's type. The type follows the dimensions. */
function typeAt(file: Buffer, tensor: string): number {
  const at = endOf(file, tensor);
  return at + 4 + 8 * file.readUInt32LE(at);
}

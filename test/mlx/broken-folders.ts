/** Creates folders of Whisper models for MLX, each with one kind of damage. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { safetensorsFile } from "./safetensors.ts";

export interface BrokenFolder {
  readonly name: string;
  /** Pattern of the error message for this damage. */
  readonly says: RegExp;
  /** Damages a folder that contains a valid model. */
  readonly damage: (folder: string) => void;
}

export const brokenFolders: readonly BrokenFolder[] = [
  {
    name: "no-config",
    says: /has no config\.json; download/u,
    damage: (folder) => rmSync(join(folder, "config.json")),
  },
  {
    name: "no-weights",
    says: /no weights\.safetensors and no weights\.npz/u,
    damage: (folder) => rmSync(join(folder, "weights.safetensors")),
  },
  {
    name: "config-is-no-json",
    says: /config\.json is damaged/u,
    damage: (folder) => writeFileSync(join(folder, "config.json"), '{"n_mels": 80,'),
  },
  {
    name: "config-is-deep",
    says: /config\.json is damaged/u,
    damage: (folder) => writeFileSync(join(folder, "config.json"), "[".repeat(500_000)),
  },
  {
    name: "config-is-huge",
    says: /config\.json has \d+ bytes/u,
    damage: (folder) => writeFileSync(join(folder, "config.json"), " ".repeat(2_000_000)),
  },
  { name: "no-mels", says: /no n_mels/u, damage: configure({ n_mels: undefined }) },
  { name: "odd-mels", says: /dimensions that no Whisper/u, damage: configure({ n_mels: 81 }) },
  { name: "half-a-layer", says: /n_text_layer/u, damage: configure({ n_text_layer: 1.5 }) },
  { name: "huge-context", says: /impossible n_text_ctx/u, damage: configure({ n_text_ctx: 1e9 }) },
  { name: "more-layers", says: /incomplete/u, damage: configure({ n_audio_layer: 64 }) },
  { name: "wider", says: /dimensions .* do not match/u, damage: configure({ n_text_ctx: 4096 }) },
  {
    name: "unknown-quantization",
    says: /quantization/u,
    damage: configure({ quantization: { group_size: 64, bits: 7 } }),
  },
  {
    name: "cut-short",
    says: /cut short/u,
    damage: (folder) => truncateSync(join(folder, "weights.safetensors"), 20_000_000),
  },
  {
    name: "empty-weights",
    says: /cut short/u,
    damage: (folder) => truncateSync(join(folder, "weights.safetensors"), 0),
  },
  {
    name: "header-longer-than-file",
    says: /cut short/u,
    damage: (folder) => {
      const header = Buffer.alloc(16);
      header.writeBigUInt64LE(2n ** 63n + 5n);
      writeFileSync(join(folder, "weights.safetensors"), header);
    },
  },
  {
    name: "impossible-shape",
    says: /dimensions of x are impossible/u,
    damage: declare({ x: { dtype: "F32", shape: [2 ** 32, 2 ** 32], data_offsets: [0, 16] } }),
  },
  {
    name: "tensor-after-file",
    says: /cut short/u,
    damage: declare({ x: { dtype: "F32", shape: [4], data_offsets: [1_000_000, 1_000_016] } }),
  },
  {
    name: "tensor-ends-first",
    says: /impossible/u,
    damage: declare({ x: { dtype: "F32", shape: [4], data_offsets: [16, 0] } }),
  },
  {
    name: "unknown-type",
    says: /unknown way/u,
    damage: declare({ x: { dtype: "F8", shape: [4], data_offsets: [0, 4] } }),
  },
  {
    name: "shared-bytes",
    says: /share bytes/u,
    damage: declare(
      Object.fromEntries(
        Array.from({ length: 100 }, (_, i) => [
          `x${i}`,
          { dtype: "F16", shape: [500], data_offsets: [0, 1000] },
        ]),
      ),
      new Uint8Array(1000),
    ),
  },
  { name: "no-tensors", says: /has no encoder/u, damage: declare({}) },
];

/** Returns a function that changes fields of config.json. */
export function configure(changes: object): (folder: string) => void {
  return (folder) => {
    const path = join(folder, "config.json");
    const config: unknown = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...(config as object), ...changes }));
  };
}

// --- internal ---

/** Replaces the weights by a file with this header, followed by `bytes`. */
function declare(header: object, bytes = new Uint8Array(0)): (folder: string) => void {
  return (folder) =>
    writeFileSync(join(folder, "weights.safetensors"), safetensorsFile(header, [bytes]));
}

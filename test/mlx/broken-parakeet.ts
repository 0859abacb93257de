/** Creates folders of Parakeet models for MLX, each with one kind of damage. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrokenFolder } from "./broken-folders.ts";

type Json = Readonly<Record<string, unknown>>;

export const brokenParakeet: readonly BrokenFolder[] = [
  {
    name: "no-config",
    says: /has no config\.json; download/u,
    damage: (folder) => rmSync(join(folder, "config.json")),
  },
  {
    name: "no-weights",
    says: /has no model\.safetensors/u,
    damage: (folder) => rmSync(join(folder, "model.safetensors")),
  },
  {
    name: "cut-short",
    says: /cut short/u,
    damage: (folder) => truncateSync(join(folder, "model.safetensors"), 100_000),
  },
  {
    name: "unknown-class",
    says: /class in NeMo .* expected a Parakeet/u,
    damage: configure("target", () => "nemo.collections.asr.models.EncDecMultiTaskModel"),
  },
  {
    name: "quantised",
    says: /quantised/u,
    damage: configure("quantization", () => ({ group_size: 64, bits: 4 })),
  },
  {
    name: "no-encoder",
    says: /no object encoder/u,
    damage: configure("encoder", () => "conformer"),
  },
  { name: "more-layers", says: /incomplete/u, damage: encoder({ n_layers: 64 }) },
  { name: "wider", says: /dimensions .* do not match/u, damage: encoder({ d_model: 64 }) },
  { name: "huge", says: /impossible encoder\.d_model/u, damage: encoder({ d_model: 1e9 }) },
  { name: "half-a-head", says: /impossible encoder\.n_heads/u, damage: encoder({ n_heads: 1.5 }) },
  { name: "three-heads", says: /no Parakeet model has/u, damage: encoder({ n_heads: 3 }) },
  {
    name: "other-attention",
    says: /expected rel_pos/u,
    damage: encoder({ self_attention_model: "abs_pos" }),
  },
  {
    name: "other-subsampling",
    says: /no Parakeet model has/u,
    damage: encoder({ subsampling: "vggnet" }),
  },
  { name: "causal", says: /no Parakeet/u, damage: encoder({ causal_downsampling: true }) },
  { name: "other-norm", says: /no Parakeet/u, damage: encoder({ conv_norm_type: "layer_norm" }) },
  {
    name: "other-rate",
    says: /impossible preprocessor\.sample_rate/u,
    damage: configure("preprocessor", (old) => ({ ...old, sample_rate: 8000 })),
  },
  {
    name: "huge-window",
    says: /window is longer/u,
    damage: configure("preprocessor", (old) => ({ ...old, window_size: 0.1 })),
  },
  {
    name: "no-vocabulary",
    says: /no list joint\.vocabulary/u,
    damage: configure("joint", (old) => ({ ...old, vocabulary: [] })),
  },
  {
    name: "numbers-as-pieces",
    says: /something else than text/u,
    damage: configure("joint", (old) => ({ ...old, vocabulary: [1, 2] })),
  },
  {
    name: "more-pieces",
    says: /more pieces/u,
    damage: configure("decoder", (old) => ({ ...old, vocab_size: 100 })),
  },
  {
    name: "other-activation",
    says: /decoder that no Parakeet/u,
    damage: configure("joint", (old) => ({
      ...old,
      jointnet: { ...(old["jointnet"] as Json), activation: "gelu" },
    })),
  },
  {
    name: "negative-duration",
    says: /impossible decoding\.durations/u,
    damage: configure("decoding", (old) => ({ ...old, durations: [-1, 0] })),
  },
  {
    name: "half-a-character",
    says: /config\.json is damaged/u,
    damage: (folder) => writeFileSync(join(folder, "config.json"), '{"target": "nemo.\\ud83d"}'),
  },
];

// --- internal ---

function encoder(changes: Json): BrokenFolder["damage"] {
  return configure("encoder", (old) => ({ ...old, ...changes }));
}

/** Replaces a member of config.json. */
function configure(member: string, changed: (old: Json) => unknown): BrokenFolder["damage"] {
  return (folder) => {
    const path = join(folder, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8")) as Json;
    const value = changed((config[member] ?? {}) as Json);
    writeFileSync(path, JSON.stringify({ ...config, [member]: value }));
  };
}

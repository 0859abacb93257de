// Converts the variables of a Whisper model for CTranslate2 to the tensors that whisper.cpp expects. No weight changes
// its value.

import { BuildError } from "../packages.mjs";
import type { Variable } from "./ctranslate2.ts";
import type { GgmlTensor, WhisperDimensions } from "./ggml.ts";

export function whisperDimensions(variables: readonly Variable[]): WhisperDimensions {
  const dimension = (name: string, axis: number) => find(variables, name).shape[axis] ?? 0;
  const heads = (name: string) => new Int16Array(find(variables, name).bytes.buffer)[0] ?? 0;
  return {
    vocabulary: dimension("decoder/embeddings/weight", 0),
    audioContext: dimension("encoder/position_encodings/encodings", 0),
    audioState: dimension("encoder/position_encodings/encodings", 1),
    audioHeads: heads("encoder/num_heads"),
    audioLayers: countLayers(variables, "encoder"),
    textContext: dimension("decoder/position_encodings/encodings", 0),
    textState: dimension("decoder/position_encodings/encodings", 1),
    textHeads: heads("decoder/num_heads"),
    textLayers: countLayers(variables, "decoder"),
    mels: dimension("encoder/conv1/weight", 1),
  };
}

/**
 * Yields the weights of the model with whisper.cpp's names. Matrices stay float16; other tensors are converted to
 * float32.
 */
export function* whisperTensors(variables: readonly Variable[]): Generator<GgmlTensor> {
  for (const variable of variables) {
    // Skips scalars and lists of integers, because they are configuration, not weights.
    if (!variable.type.startsWith("float")) continue;
    if (variable.type !== "float16") {
      throw new BuildError(
        `Cannot convert "${variable.name}": it is ${variable.type}, expected float16`,
      );
    }
    const { names, suffix } = ggmlNames(variable.name);
    for (const [i, name] of names.entries()) {
      if (name !== null) yield tensor(`${name}.${suffix}`, slice(variable, i, names.length));
    }
  }
}

// --- internal ---

interface GgmlNames {
  /**
   * Names of the slices of a variable. A fused variable has several slices of equal size. Null when a slice is not
   * used.
   */
  readonly names: readonly (string | null)[];
  readonly suffix: string;
}

/** whisper.cpp's names for variables outside the layers. The last part of the names is omitted. */
const topNames: Record<string, string> = {
  "encoder/conv1": "encoder.conv1",
  "encoder/conv2": "encoder.conv2",
  "encoder/layer_norm": "encoder.ln_post",
  "decoder/layer_norm": "decoder.ln",
  "decoder/embeddings": "decoder.token_embedding",
};

/**
 * whisper.cpp's names for variables inside a layer. The last part of the names is omitted. A fused matrix has several
 * names.
 */
const layerNames: Record<string, readonly string[]> = {
  "self_attention/layer_norm": ["attn_ln"],
  "self_attention/linear_0": ["attn.query", "attn.key", "attn.value"],
  "self_attention/linear_1": ["attn.out"],
  "attention/layer_norm": ["cross_attn_ln"],
  "attention/linear_0": ["cross_attn.query"],
  "attention/linear_1": ["cross_attn.key", "cross_attn.value"],
  "attention/linear_2": ["cross_attn.out"],
  "ffn/layer_norm": ["mlp_ln"],
  "ffn/linear_0": ["mlp.0"],
  "ffn/linear_1": ["mlp.2"],
};

const suffixes: Record<string, string> = {
  weight: "weight",
  bias: "bias",
  gamma: "weight",
  beta: "bias",
};

function ggmlNames(name: string): GgmlNames {
  const positions = /^(encoder|decoder)\/position_encodings\/encodings$/.exec(name);
  if (positions) return { names: [positions[1] ?? null], suffix: "positional_embedding" };
  const [, coder, layer, path = "", last = ""] =
    /^(encoder|decoder)(?:\/layer_(\d+))?\/(.+)\/(\w+)$/.exec(name) ?? [];
  const parts = layer === undefined ? topNames[`${coder}/${path}`] : layerNames[path];
  const suffix = suffixes[last];
  if (!parts || !suffix) throw new BuildError(`Cannot convert "${name}": this tensor is unknown`);
  if (typeof parts === "string") return { names: [parts], suffix };
  // Whisper's keys have no bias. For the keys, the fused bias contains only zeros, so this slice is not used.
  const kept = parts.map((part) =>
    suffix === "bias" && part.endsWith(".key") ? null : `${coder}.blocks.${layer}.${part}`,
  );
  return { names: kept, suffix };
}

function slice({ shape, bytes }: Variable, index: number, count: number) {
  const [rows = 0, ...rest] = shape;
  const length = bytes.length / count;
  return {
    shape: [rows / count, ...rest],
    bytes: bytes.slice(index * length, (index + 1) * length),
  };
}

function tensor(name: string, { shape, bytes }: Pick<Variable, "shape" | "bytes">): GgmlTensor {
  // whisper.cpp adds the bias of a convolution to each column, so the bias needs a second dimension.
  const ggmlShape = /conv\d\.bias$/.test(name) ? [...shape, 1] : shape;
  if (shape.length > 1 && !name.endsWith("positional_embedding")) {
    return { name, shape: ggmlShape, type: "float16", bytes };
  }
  const widened = new Float32Array(new Float16Array(bytes.buffer));
  return { name, shape: ggmlShape, type: "float32", bytes: new Uint8Array(widened.buffer) };
}

function find(variables: readonly Variable[], name: string): Variable {
  const variable = variables.find((candidate) => candidate.name === name);
  if (!variable) throw new BuildError(`Cannot convert the model: it has no "${name}"`);
  return variable;
}

function countLayers(variables: readonly Variable[], coder: string): number {
  return variables.filter(({ name }) =>
    new RegExp(`^${coder}/layer_\\d+/ffn/linear_0/weight$`).test(name),
  ).length;
}

/** Converts the variables of a CTranslate2 Whisper model to the tensors that whisper.cpp expects. */
import { AsrError } from "../../errors.ts";
import type { Variable } from "./ctranslate2-file.ts";
import type { GgmlTensor, WhisperDimensions } from "./ggml-file.ts";
import { rowsToBlocks } from "./rows-to-blocks.ts";

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
 * Returns the weights of the model with whisper.cpp's names. Float16 matrices stay float16, int8 matrices become q8_0,
 * and other tensors become float32.
 */
export function whisperTensors(variables: readonly Variable[]): readonly GgmlTensor[] {
  const scales = new Map(variables.map((variable) => [variable.name, variable] as const));
  return variables.flatMap((variable) => {
    const scale = scales.get(`${variable.name}${scaleSuffix}`);
    const isWeight = scale !== undefined || variable.type.startsWith("float");
    // Skips integers that are not weights, because they are the configuration of the network. Skips scales, because a
    // scale is converted together with its matrix.
    if (!isWeight || variable.name.endsWith(scaleSuffix)) return [];
    const expected = scale === undefined ? "float16" : "int8";
    if (variable.type !== expected) {
      throw cannotConvert(`"${variable.name}" is ${variable.type}, expected ${expected}`);
    }
    const { names, suffix } = ggmlNames(variable.name);
    return names.flatMap((name, i) => {
      if (name === null) return [];
      const part = slice(variable, i, names.length);
      const full = `${name}.${suffix}`;
      if (scale === undefined) return [tensor(full, part)];
      return [blocks(full, part, slice(scale, i, names.length))];
    });
  });
}

// --- internal ---

const scaleSuffix = "_scale";

interface GgmlNames {
  /**
   * Names of the slices of a variable. A fused variable contains several tensors, as slices of equal size. Null in
   * place of a name means that the slice is not used.
   */
  readonly names: readonly (string | null)[];
  readonly suffix: string;
}

/**
 * whisper.cpp's names for variables outside the layers. The last part of each name, for example "weight", is added
 * later.
 */
const topNames: Record<string, string> = {
  "encoder/conv1": "encoder.conv1",
  "encoder/conv2": "encoder.conv2",
  "encoder/layer_norm": "encoder.ln_post",
  "decoder/layer_norm": "decoder.ln",
  "decoder/embeddings": "decoder.token_embedding",
};

/**
 * whisper.cpp's names for variables inside a layer. The last part of each name, for example "weight", is added later. A
 * fused matrix contains several tensors, so it has several names.
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
  if (!parts || !suffix) throw cannotConvert(`the tensor "${name}" is unknown`);
  if (typeof parts === "string") return { names: [parts], suffix };
  // Whisper has no bias for the keys. CTranslate2's fused bias contains zeros for the keys, so this slice is not used.
  const kept = parts.map((part) =>
    suffix === "bias" && part.endsWith(".key") ? null : `${coder}.blocks.${layer}.${part}`,
  );
  return { names: kept, suffix };
}

type Part = Pick<Variable, "shape" | "bytes">;

function slice({ shape, bytes }: Variable, index: number, count: number): Part {
  const [rows = 0, ...rest] = shape;
  const length = bytes.length / count;
  return {
    shape: [rows / count, ...rest],
    bytes: bytes.subarray(index * length, (index + 1) * length),
  };
}

function tensor(name: string, { shape, bytes }: Part): GgmlTensor {
  // whisper.cpp adds the bias of a convolution to each column of a matrix. Therefore the bias needs two dimensions.
  const ggmlShape = /conv\d\.bias$/.test(name) ? [...shape, 1] : shape;
  if (shape.length > 1 && !name.endsWith("positional_embedding")) {
    return { name, shape: ggmlShape, type: "float16", bytes: () => bytes };
  }
  const widened = () => new Float32Array(new Float16Array(bytes.slice().buffer));
  return {
    name,
    shape: ggmlShape,
    type: "float32",
    bytes: () => new Uint8Array(widened().buffer),
  };
}

function blocks(name: string, { shape, bytes }: Part, { bytes: scaleBytes }: Part): GgmlTensor {
  const scales = new Float32Array(scaleBytes.slice().buffer);
  return {
    name,
    shape,
    type: "q8_0",
    bytes: () => rowsToBlocks(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length), scales),
  };
}

function cannotConvert(reason: string): AsrError {
  return new AsrError("model_load_failed", `Cannot convert the model: ${reason}`);
}

function find(variables: readonly Variable[], name: string): Variable {
  const variable = variables.find((candidate) => candidate.name === name);
  if (!variable) throw cannotConvert(`it has no "${name}"`);
  return variable;
}

function countLayers(variables: readonly Variable[], coder: string): number {
  return variables.filter(({ name }) =>
    new RegExp(`^${coder}/layer_\\d+/ffn/linear_0/weight$`).test(name),
  ).length;
}

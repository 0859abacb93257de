/** Writes the folder of a Whisper model for MLX, from a model that the build has converted for CTranslate2. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readVariables } from "../../src/runner/conversion/ctranslate2-file.ts";
import type { WhisperDimensions } from "../../src/runner/conversion/ggml-file.ts";
import { whisperDimensions, whisperTensors } from "../../src/runner/conversion/whisper-tensors.ts";
import { builtModel } from "../backends/built.ts";
import { encodeTensor, type MlxTensor, type NumberType } from "./tensors.ts";
import { npzBytes } from "./npz.ts";
import { quantized, type Quantization } from "./quantize.ts";
import { safetensorsBytes } from "./safetensors.ts";

export interface WhisperFolderOptions {
  /** Type of the numbers that are not quantised. */
  readonly type?: NumberType;
  readonly format?: "safetensors" | "npz";
  readonly quantization?: Quantization;
  /** Whether the file names the attention heads for word times, as newer models do. */
  readonly alignmentHeads?: boolean;
}

/** Writes the model `name`, for example "tiny.en", to `folder`. */
export function writeWhisperFolder(
  name: string,
  folder: string,
  options: WhisperFolderOptions = {},
): void {
  const { type = "F16", format = "safetensors", quantization, alignmentHeads = true } = options;
  const from = builtModel(`faster-whisper-${name}`);
  const variables = readVariables(new Uint8Array(readFileSync(join(from, "model.bin"))));
  const tensors = whisperTensors(variables).flatMap((tensor): readonly MlxTensor[] => {
    if (tensor.name === "encoder.positional_embedding") return [];
    const bytes = tensor.bytes().slice().buffer;
    const values = Float32Array.from(
      tensor.type === "float16" ? new Float16Array(bytes) : new Float32Array(bytes),
    );
    const plain = mlxTensor(tensor.name, tensor.shape, values);
    const isMatrix = plain.shape.length === 2 && tensor.name.endsWith(".weight");
    if (quantization && isMatrix) return quantized(plain, quantization, type);
    return [encodeTensor(plain.name, plain.shape, plain.values, type)];
  });
  const heads = alignmentHeads ? [alignmentHeadsOf(from)] : [];
  const write = format === "npz" ? npzBytes : safetensorsBytes;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `weights.${format}`), write([...tensors, ...heads]));
  const config = mlxConfig(whisperDimensions(variables), quantization);
  writeFileSync(join(folder, "config.json"), JSON.stringify(config, null, 4));
}

/** Returns the content of config.json. */
export function mlxConfig(dimensions: WhisperDimensions, quantization?: Quantization): object {
  return {
    n_mels: dimensions.mels,
    n_audio_ctx: dimensions.audioContext,
    n_audio_state: dimensions.audioState,
    n_audio_head: dimensions.audioHeads,
    n_audio_layer: dimensions.audioLayers,
    n_vocab: dimensions.vocabulary,
    n_text_ctx: dimensions.textContext,
    n_text_state: dimensions.textState,
    n_text_head: dimensions.textHeads,
    n_text_layer: dimensions.textLayers,
    model_type: "whisper",
    ...(quantization && {
      quantization: { group_size: quantization.groupSize, bits: quantization.bits },
    }),
  };
}

// --- internal ---

interface PlainTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

function mlxTensor(name: string, shape: readonly number[], values: Float32Array): PlainTensor {
  const mlxName = name.replace(".mlp.0.", ".mlp1.").replace(".mlp.2.", ".mlp2.");
  if (name.endsWith(".bias")) return { name: mlxName, shape: [values.length], values };
  if (shape.length < 3) return { name: mlxName, shape, values };
  // MLX stores the kernels of a convolution as (outputs, kernel, inputs).
  const [outputs = 0, inputs = 0, kernel = 0] = shape;
  const turned = new Float32Array(values.length);
  for (let out = 0; out < outputs; out++)
    for (let i = 0; i < inputs; i++)
      for (let k = 0; k < kernel; k++)
        turned[(out * kernel + k) * inputs + i] = values[(out * inputs + i) * kernel + k]!;
  return { name: mlxName, shape: [outputs, kernel, inputs], values: turned };
}

function alignmentHeadsOf(folder: string): MlxTensor {
  const config: unknown = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const { alignment_heads: heads } = config as { alignment_heads: readonly [number, number][] };
  const numbers = BigInt64Array.from(heads.flat(), BigInt);
  const bytes = new Uint8Array(numbers.buffer);
  return { name: "alignment_heads", shape: [heads.length, 2], type: "I64", bytes };
}

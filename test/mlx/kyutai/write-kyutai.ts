/**
 * Writes the folder of a random Kyutai model for MLX.
 *
 * Usage: bun test/mlx/kyutai/write-kyutai.ts FOLDER NAME...
 *
 * Writes each of these models to a folder of its name: small, turns, q4, q8, full-mimi, 1b, 2b.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePieces } from "../../gguf/write-pieces.ts";
import { quantized } from "../quantize.ts";
import { encodeTensor, type MlxTensor } from "../tensors.ts";
import { languageModelTensors, turnHeads } from "./language-model-weights.ts";
import { mimiTensors } from "./mimi-weights.ts";
import type { PlainTensor } from "./plain-tensor.ts";
import {
  full1b,
  full2b,
  fullMimiShape,
  type KyutaiShape,
  q4Shape,
  q8Shape,
  smallShape,
  turnShape,
} from "./shapes.ts";
import { tokenizerFile } from "./tokenizer.ts";

/** Name of the file of the audio tokenizer. Kyutai's repositories use the same name. */
export const mimiFile = "mimi-pytorch-e351c8d8@125.safetensors";

/** Writes the model. `withDecoder` adds the decoder of the audio tokenizer, which rustymimi needs. */
export function writeKyutaiFolder(folder: string, shape: KyutaiShape, withDecoder = false): void {
  mkdirSync(folder, { recursive: true });
  const weights = weightsName(shape);
  writeFileSync(join(folder, "config.json"), JSON.stringify(configOf(shape, weights), null, 2));
  writeFileSync(join(folder, tokenizerName(shape)), tokenizerFile(shape.vocabulary));
  const mimi = [...mimiTensors(shape.mimi, shape.codebooks, withDecoder)];
  writeTensors(join(folder, mimiFile), mimi, shape);
  writeTensors(join(folder, weights), [...languageModelTensors(shape)], shape, shape.quantization);
}

export function weightsName({ quantization }: KyutaiShape): string {
  return quantization === undefined
    ? "model.safetensors"
    : `model.q${quantization.bits}.safetensors`;
}

/** Returns the name of the vocabulary, which names the languages of the model. */
export function tokenizerName({ languages, vocabulary }: KyutaiShape): string {
  return `tokenizer_${languages.join("_")}_audio_${vocabulary}.model`;
}

export const kyutaiShapes = {
  small: smallShape,
  turns: turnShape,
  q4: q4Shape,
  q8: q8Shape,
  "full-mimi": fullMimiShape,
  "1b": full1b,
  "2b": full2b,
};

// --- internal ---

/** Returns the content of config.json, with the fields of the published models that moshi-mlx reads. */
function configOf(shape: KyutaiShape, weights: string): object {
  return {
    card: shape.mimi.codes,
    n_q: shape.codebooks,
    dep_q: 0,
    delays: Array.from({ length: shape.codebooks + 1 }, () => 0),
    dim: shape.width,
    text_card: shape.vocabulary,
    existing_text_padding_id: 3,
    num_heads: shape.heads,
    num_layers: shape.layers,
    hidden_scale: 4.125,
    causal: true,
    layer_scale: null,
    context: shape.context,
    max_period: 100_000,
    gating: "silu",
    norm: "rms_norm_f32",
    positional_embedding: "rope",
    depformer_dim: 1024,
    depformer_dim_feedforward: 4224,
    depformer_num_heads: 16,
    depformer_num_layers: 6,
    depformer_pos_emb: "none",
    conditioners: {},
    cross_attention: false,
    ...(shape.hasTurnHeads === true && {
      extra_heads_num_heads: turnHeads.count,
      extra_heads_dim: turnHeads.outputs,
    }),
    model_type: "stt",
    stt_config: {
      audio_delay_seconds: shape.delayS,
      audio_silence_prefix_seconds: shape.silencePrefixS,
    },
    mimi_name: mimiFile,
    moshi_name: weights,
    tokenizer_name: tokenizerName(shape),
  };
}

/** Writes the tensors. Computes each tensor twice: for the table at the start, and for the bytes after it. */
function writeTensors(
  path: string,
  tensors: readonly PlainTensor[],
  { type = "F32" }: KyutaiShape,
  quantization?: KyutaiShape["quantization"],
): void {
  const encoded = ({ name, shape, values }: PlainTensor): readonly MlxTensor[] =>
    quantization !== undefined && shape.length === 2
      ? quantized({ name, shape, values: values() }, quantization, type)
      : [encodeTensor(name, shape, values(), type)];
  const header: Record<string, object> = {};
  let offset = 0;
  for (const tensor of tensors) {
    for (const { name, shape, type: dtype, bytes } of encoded(tensor)) {
      header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
      offset += bytes.length;
    }
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  function* pieces(): Generator<Uint8Array> {
    yield Buffer.concat([length, json]);
    for (const tensor of tensors) for (const { bytes } of encoded(tensor)) yield bytes;
  }
  writePieces(path, pieces());
}

if (import.meta.main) {
  const [folder, ...names] = process.argv.slice(2);
  for (const name of names) {
    const shape = kyutaiShapes[name as keyof typeof kyutaiShapes];
    if (folder === undefined || shape === undefined) throw new Error(`There is no model ${name}`);
    writeKyutaiFolder(join(folder, name), shape, true);
  }
}

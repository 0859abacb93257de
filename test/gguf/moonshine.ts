/**
 * Converts Moonshine tiny-en of PyPI's moonshine-voice to a GGUF file of transcribe.cpp. The package has the model as two
 * ORT files, whose matrices have 8 bits and one scale. The GGUF file has the same values as 32-bit floats.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ggufFile, type GgufTensor } from "./gguf-file.ts";
import { OrtFile, type Tensor } from "./ort-file.ts";

/** Returns the GGUF file. `folder` contains the files of the model. */
export function moonshineFile(folder: string): Uint8Array {
  const read = (name: string) => readFileSync(join(folder, name));
  const encoder = new OrtFile(read("encoder_model.ort"));
  const decoder = new OrtFile(read("decoder_model_merged.ort"));
  const tokens = vocabulary(read("tokenizer.bin"));
  return ggufFile(valuesOf(tokens), [...encoderTensors(encoder), ...decoderTensors(decoder)]);
}

// --- internal ---

const layers = 6;
const width = 288;

function valuesOf(tokens: readonly string[]) {
  const network = { n_layers: layers, d_model: width, n_heads: 8, ffn_dim: 4 * width };
  return {
    "general.architecture": "moonshine",
    "general.languages": ["en"],
    "stt.variant": "moonshine-tiny",
    ...prefixed("stt.moonshine.encoder.", { ...network, activation: "gelu" }),
    ...prefixed("stt.moonshine.decoder.", {
      ...network,
      activation: "silu",
      vocab_size: tokens.length,
      max_position_embeddings: 194,
    }),
    ...prefixed("stt.moonshine.", {
      bos_token_id: 1,
      eos_token_id: 2,
      pad_token_id: 2,
      decoder_start_token_id: 1,
      pad_head_dim_to_multiple_of: 8,
      "conv_stem.channels": Int32Array.of(width, 2 * width, width),
      "conv_stem.kernel_sizes": Int32Array.of(127, 7, 3),
      "conv_stem.strides": Int32Array.of(64, 3, 2),
    }),
    "stt.frontend.type": "raw",
    "stt.frontend.sample_rate": 16_000,
    "tokenizer.ggml.model": "bpe",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
  };
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));
}

/**
 * Reads the tokens. Each has its length in one byte, or in two if the first byte is 128 or more, and its bytes. After the
 * three special tokens, there is one token for each byte, which GGUF writes as text.
 */
function vocabulary(bytes: Buffer): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < bytes.length;) {
    let length = bytes[at++]!;
    if (length >= 128) length += 128 * (bytes[at++]! - 1);
    const byte = tokens.length - 3;
    const isByte = byte >= 0 && byte < 256;
    const hex = byte.toString(16).toUpperCase().padStart(2, "0");
    tokens.push(isByte ? `<0x${hex}>` : bytes.toString("utf8", at, at + length));
    at += length;
  }
  return tokens;
}

function* encoderTensors(file: OrtFile): Generator<GgufTensor> {
  for (const i of [0, 1, 2]) {
    yield tensorOf(`enc.conv.${i}.weight`, file.values(`conv${i + 1}.weight_add_tensor`));
    if (i > 0) yield tensorOf(`enc.conv.${i}.bias`, named(file, `conv${i + 1}.bias`));
  }
  yield vectorOf("enc.conv.norm.weight", file.values(file.inputsOf("/groupnorm/Mul")[1]!));
  yield vectorOf("enc.conv.norm.bias", file.values(file.inputsOf("/groupnorm/Add")[1]!));
  yield tensorOf("enc.final_norm.weight", named(file, "layer_norm.weight"));
  for (let i = 0; i < layers; i++) {
    const to = `enc.blocks.${i}`;
    const from = `layers.${i}`;
    yield tensorOf(`${to}.norm_attn.weight`, named(file, `${from}.input_layernorm.weight`));
    yield* attention(file, `${to}.attn`, `/${from}/self_attn`);
    yield tensorOf(`${to}.norm_ffn.weight`, named(file, `${from}.post_attention_layernorm.weight`));
    yield* feedForward(file, `${to}.ffn`, `${from}.mlp`, `/${from}/mlp`);
  }
}

function* decoderTensors(file: OrtFile): Generator<GgufTensor> {
  yield tensorOf("dec.token_embd.weight", named(file, "model.decoder.embed_tokens.weight"));
  yield tensorOf("dec.final_norm.weight", named(file, "model.decoder.norm.weight"));
  for (let i = 0; i < layers; i++) {
    const to = `dec.blocks.${i}`;
    const from = `model.decoder.layers.${i}`;
    const path = `/model/decoder/layers.${i}`;
    const norm = (name: string) => named(file, `${from}.${name}.weight`);
    yield tensorOf(`${to}.norm_self.weight`, norm("input_layernorm"));
    yield* attention(file, `${to}.self_attn`, `${path}/self_attn`);
    yield tensorOf(`${to}.norm_cross.weight`, norm("post_attention_layernorm"));
    yield* attention(file, `${to}.cross_attn`, `${path}/encoder_attn`);
    yield tensorOf(`${to}.norm_ffn.weight`, norm("final_layernorm"));
    yield* feedForward(file, `${to}.ffn`, `${from}.mlp`, `${path}/mlp`);
  }
}

function* attention(file: OrtFile, to: string, path: string): Generator<GgufTensor> {
  for (const part of ["q", "k", "v"]) {
    yield tensorOf(`${to}.${part}.weight`, matrix(file, `${path}/${part}_proj`));
  }
  yield tensorOf(`${to}.out.weight`, matrix(file, `${path}/o_proj`));
}

function* feedForward(
  file: OrtFile,
  to: string,
  from: string,
  path: string,
): Generator<GgufTensor> {
  for (const part of ["fc1", "fc2"]) {
    yield tensorOf(`${to}.${part}.weight`, matrix(file, `${path}/${part}`));
    yield tensorOf(`${to}.${part}.bias`, named(file, `${from}.${part}.bias`));
  }
}

/** Returns the constant with this name. The names in the decoder have an ending. */
function named(file: OrtFile, name: string): Tensor {
  const plain = file.has(name) || file.has(`${name}_quantized`);
  return file.values(plain ? name : `${name}_merged_0`);
}

/** Returns the weights of a linear layer in the order [n_out, n_in]. The file has them in the order [n_in, n_out]. */
function matrix(file: OrtFile, path: string): Tensor {
  const input = file
    .inputsOf(`${path}/MatMul_quant`)
    .find((name) => /^onnx.*_quantized$/u.test(name));
  const { shape, values } = file.values(input!.replace(/_quantized$/u, ""));
  const [nIn = 0, nOut = 0] = shape;
  const turned = new Float32Array(values.length);
  for (let row = 0; row < nIn; row++) {
    for (let column = 0; column < nOut; column++) {
      turned[column * nIn + row] = values[row * nOut + column]!;
    }
  }
  return { shape: [nOut, nIn], values: turned };
}

function tensorOf(name: string, { shape, values }: Tensor): GgufTensor {
  return { name, shape: shape.toReversed(), weights: values };
}

function vectorOf(name: string, { values }: Tensor): GgufTensor {
  return tensorOf(name, { shape: [values.length], values });
}

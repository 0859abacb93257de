/**
 * Tests how the number and the format of the weights are read from the header of a model file. Some of the files are
 * damaged.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ctranslate2Weights } from "../../../src/models/formats/ctranslate2-weights.ts";
import { ggmlWeights } from "../../../src/models/formats/ggml-weights.ts";

const folder = mkdtempSync(join(tmpdir(), "open-asr-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(bytes: Uint8Array): string {
  const path = join(folder, "weights");
  writeFileSync(path, bytes);
  return path;
}

describe("ggml", () => {
  /** The numbers in the header of the model base. */
  const base = [51_865, 1500, 512, 8, 6, 448, 512, 8, 6, 80, 1];

  function headerOf(numbers: readonly number[]): Uint8Array {
    const view = new DataView(new ArrayBuffer(48));
    view.setUint32(0, 0x67676d6c, true);
    for (const [index, number] of numbers.entries()) view.setInt32(4 + 4 * index, number, true);
    return new Uint8Array(view.buffer);
  }

  test.each([
    [0, "fp32"],
    [1, "fp16"],
    [2002, "int4"],
    [2007, "int8"],
    [2008, "int5"],
    [99, null],
  ] as const)("format %p is %p", async (format, precision) => {
    const path = fileOf(headerOf([...base.slice(0, 10), format]));
    // The expected number is the total number of weights in the 245 tensors of ggml-base.bin.
    expect(await ggmlWeights(path)).toEqual({ parameters: 72_593_920, precision });
  });

  test.each([
    ["a cut header", headerOf(base).subarray(0, 40)],
    ["another file", new Uint8Array(48)],
    ["a negative number", headerOf([-1, ...base.slice(1)])],
    ["a number of billions", headerOf([51_865, 2_000_000_000, ...base.slice(2)])],
  ])("%s gives no weights", async (_name, bytes) => {
    expect(await ggmlWeights(fileOf(bytes))).toBeNull();
  });
});

describe("CTranslate2", () => {
  const name = (text: string): number[] => [text.length + 1, 0, ...Buffer.from(text), 0];
  const word = (number: number): number[] => [...new Uint8Array(Uint32Array.of(number).buffer)];
  interface Variable {
    readonly shape: readonly number[];
    readonly type: number;
    readonly bytes: number;
    readonly claimed?: number;
  }
  const variable = ({ shape, type, bytes, claimed = bytes }: Variable): number[] => [
    ...name("w"),
    shape.length,
    ...shape.flatMap(word),
    type,
    ...word(claimed),
    ...new Uint8Array(bytes),
  ];
  const start = (count: number, version = 6): number[] => [
    ...word(version),
    ...name("WhisperSpec"),
    ...word(3),
    ...word(count),
  ];
  const read = (bytes: readonly number[]) => ctranslate2Weights(fileOf(Uint8Array.from(bytes)));

  test("counts the weights, and names the format of most", async () => {
    const bytes = [
      ...start(3),
      ...variable({ shape: [4, 3], type: 1, bytes: 12 }),
      ...variable({ shape: [4], type: 0, bytes: 16 }),
      ...variable({ shape: [], type: 3, bytes: 4 }),
    ];
    expect(await read(bytes)).toEqual({ parameters: 17, precision: "int8" });
    expect(await read([...start(1), ...variable({ shape: [2], type: 9, bytes: 2 })])).toEqual({
      parameters: 2,
      precision: null,
    });
  });

  test.each([
    ["an empty file", []],
    ["a cut start", start(1).slice(0, 8)],
    ["another version", start(0, 7)],
    ["billions of variables", start(4_000_000_000)],
    [
      "fewer variables than it claims",
      [...start(2), ...variable({ shape: [1], type: 0, bytes: 4 })],
    ],
    [
      "a value that ends after the file",
      [...start(1), ...variable({ shape: [1], type: 0, bytes: 4, claimed: 5 })],
    ],
    ["a shape that ends after the file", [...start(1), ...name("w"), 255]],
    ["a name of 65 kB", [...start(1), 255, 255, ...name("w")]],
  ])("%s gives no weights", async (_name, bytes) => {
    expect(await read(bytes)).toBeNull();
  });
});

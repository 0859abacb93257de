/**
 * Tests the names of the output files. test/e2e/transcribe-folders.test.ts tests combinations of flags that are not
 * allowed.
 */
import { expect, test } from "bun:test";
import type { InputFile } from "../../../src/cli/transcribe/inputs.ts";
import { planOutputs } from "../../../src/cli/transcribe/output-plan.ts";

const named = (path: string): InputFile => {
  const relative = path.slice(path.lastIndexOf("/") + 1);
  return { path, from: "named", relative, problem: null };
};
const found = (relative: string): InputFile => ({
  path: `in/${relative}`,
  from: "folder",
  relative,
  problem: null,
});
const plan = (inputs: readonly InputFile[], format: string, output?: string) =>
  planOutputs({ inputs, output, beside: output === undefined, format });
const paths = (inputs: readonly InputFile[], format: string, output?: string) =>
  plan(inputs, format, output).files.flatMap((file) => file.outputs.map(({ path }) => path));

test("outputs have the names of the inputs, once for each format", () => {
  expect(paths([named("x/a.b.mp3")], "srt, txt,srt", "out/")).toEqual([
    "out/a.b.srt",
    "out/a.b.txt",
  ]);
  expect(paths([found("y/a.mp3")], "txt", "out")).toEqual(["out/y/a.txt"]);
  expect(paths([named("x/a.mp3"), found("y/b")], "vtt")).toEqual(["x/a.vtt", "in/y/b.vtt"]);
  expect(paths([named("/a.mp3")], "text", ".//")).toEqual(["./a.txt"]);
});

test("files of one folder whose outputs would have the same name keep their extension", () => {
  const twins = [found("a.mp3"), found("a.wav"), found("b.wav")];
  expect(paths(twins, "txt", "out")).toEqual(["out/a.mp3.txt", "out/a.wav.txt", "out/b.txt"]);
  expect(paths(twins, "txt")).toEqual(["in/a.mp3.txt", "in/a.wav.txt", "in/b.txt"]);
  const written = paths([named("x/a.mp3"), named("x/a.wav")], "txt", "out");
  expect(written).toEqual(["out/a.mp3.txt", "out/a.wav.txt"]);
});

test("two outputs never have one path", () => {
  const says = 'would both be written to "out/a.txt"';
  expect(() => paths([named("x/a.mp3"), named("y/a.wav")], "txt", "out")).toThrow(says);
  expect(() => paths([named("x/a.mp3"), found("a.wav")], "txt", "out")).toThrow(says);
  const other = { ...found("a.mp3"), path: "in2/a.mp3" };
  expect(() => paths([found("a.mp3"), other], "txt", "out")).toThrow(says);
  const tricky = [found("a.mp3"), found("a.wav"), found("a.mp3.ogg")];
  expect(() => paths(tricky, "txt", "out")).toThrow('to "out/a.mp3.txt"');
});

import { expect, test } from "bun:test";
import { Aliases, aliasProblems, parseAlias } from "../../src/models/aliases.ts";

test.each([
  ["whisper-1=large-v3-turbo", { name: "whisper-1", model: "large-v3-turbo" }],
  [" fast = whisper-cpp:tiny ", { name: "fast", model: "whisper-cpp:tiny" }],
  ["own=/models/a=b.bin", { name: "own", model: "/models/a=b.bin" }],
  ["openai/whisper-1=small", { name: "openai/whisper-1", model: "small" }],
])("%p is an alias", (written, alias) => {
  expect(parseAlias(written)).toEqual(alias);
});

test.each(["", "=", "fast", "fast=", "fast= ", "=tiny", "null:x=tiny", "/a=tiny", "a.bin=tiny"])(
  "%p is not an alias",
  (written) => {
    expect(parseAlias(written)).toBeNull();
  },
);

const listOf = (...written: string[]) => written.map((one) => parseAlias(one)!);

test("an alias selects the model at the end of its chain, in upper or lower case", () => {
  const aliases = new Aliases(listOf("a=b", "b=c", "whisper-1=A"));
  for (const name of ["a", "B", "whisper-1", "openai/Whisper-1"]) {
    expect(aliases.modelOf(name)).toBe("c");
  }
  for (const name of ["c", "constructor", "__proto__", ""]) {
    expect(aliases.modelOf(name)).toBeNull();
  }
});

test("an alias may have the name of a model that it selects on another backend", () => {
  const written = listOf("base=faster-whisper:base");
  expect(aliasProblems(written)).toEqual([]);
  expect(new Aliases(written).modelOf("base")).toBe("faster-whisper:base");
});

test.each([
  [["a=a"], ['the alias "a" leads back to itself']],
  [["a=A"], ['the alias "a" leads back to itself']],
  [
    ["a=b", "b=a"],
    ['the alias "a" leads back to itself', 'the alias "b" leads back to itself'],
  ],
  [["a=x", "A=y"], ['the alias "A" is there twice']],
  [["a=b", "b=c"], []],
])("the aliases %j have the problems %j", (written, problems) => {
  expect(aliasProblems(listOf(...written))).toEqual(problems);
});

import { expect, test } from "bun:test";
import { nearestNames } from "../../src/models/nearest-names.ts";

const known = ["tiny", "tiny.en", "base", "small", "large-v2", "large-v3", "large-v3-turbo"];

test.each([
  ["smal", ["small"]],
  ["Large-V3", ["large-v3", "large-v2"]],
  ["klingon", []],
  ["x", []],
  ["x".repeat(100_000), []],
])("the known names nearest to %p are %p", (written, near) => {
  expect(nearestNames(written.slice(0, 300), known)).toEqual(near);
});

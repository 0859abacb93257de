import { expect, test } from "bun:test";
import { ModelIds } from "../../src/models/model-ids.ts";

const path = (name: string) => ({ backend: null, name, isPath: true });

test.each([
  ["/m/ggml-small.en-q5_1.bin", "small.en-q5_1"],
  ["/m/model.bin", "model"],
  ["/m/faster-whisper-tiny.en", "faster-whisper-tiny.en"],
  ["/m/whisper-v1.5", "whisper-v1.5"],
  ["/", "model"],
])("the model at %p has the id %p", (written, id) => {
  const ids = new ModelIds([]);
  expect(ids.idOf(path(written))).toBe(id);
  expect(ids.pathOf(id)).toEqual(path(written));
});

test("the id of a model is unique, does not change, and is never a known name", () => {
  const ids = new ModelIds(["base"]);
  const written = ["/a/ggml-base.bin", "/b/ggml-base.bin", "/a/x.bin", "/b/x.bin", "/b/x~2.bin"];
  const found = ["base~2", "base~3", "x", "x~2", "x~2~2"];
  for (let n = 0; n < 2; n++) expect(written.map((one) => ids.idOf(path(one)))).toEqual(found);
  expect(ids.pathOf("base")).toBeNull();
});

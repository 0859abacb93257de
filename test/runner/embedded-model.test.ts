/** Tests that each engine gets the embedded starter model in its own format. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { isStarterForCtranslate2 } from "../../src/models/backends/starter.ts";
import { readEmbeddedModel } from "../../src/runner/embedded-model.ts";

const repository = join(import.meta.dir, "../..");

test.skipIf(!isStarterForCtranslate2)(
  "CTranslate2 gets the files of the folder as they are",
  async () => {
    const files = await readEmbeddedModel({ name: "starter-model", engine: "ctranslate2" });
    if (files instanceof Uint8Array) throw new Error("expected the files of a folder");
    expect([...files.keys()]).toEqual(["model.bin", "config.json", "vocabulary.txt"]);
    const folder = join(repository, ".build/models/faster-whisper-base-int8");
    for (const [name, bytes] of files) {
      expect(Bun.hash(bytes)).toBe(Bun.hash(await Bun.file(join(folder, name)).bytes()));
    }
  },
);

test("whisper.cpp gets the bytes of the ggml file that is made from the original weights", async () => {
  const found = await readEmbeddedModel({ name: "starter-model", engine: "whisper-cpp" });
  if (!(found instanceof Uint8Array)) throw new Error("expected the bytes of a file");
  const expected = await Bun.file(join(repository, ".build/models/ggml-base-q8_0.bin")).bytes();
  expect(Buffer.from(found).equals(expected)).toBe(true);
});

test("a name that the executable does not contain is an error", async () => {
  const reading = readEmbeddedModel({ name: "absent", engine: "whisper-cpp" });
  expect(await reading.catch(String)).toContain('does not include "absent"');
});

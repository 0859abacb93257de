/** A model file that cannot be loaded costs a process now and then, not one a request, and is loaded once it is repaired. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openScratch, repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const tinyPath = join(repository, ".build/models/ggml-tiny.en-q8_0.bin");

test("a damaged model file is refused without a process, logged once a process, and loaded once it is repaired", async () => {
  using scratch = openScratch();
  const path = join(scratch.folder, "model.bin");
  writeFileSync(path, readFileSync(tinyPath).subarray(0, 1_000_000));
  await using server = await startServer({ flags: ["--model", path], environment: nullEngine });
  const ask = () => server.post(formOf({ file: wavOf(0.5, tone) }));
  const expected = { status: 500, code: "model_load_failed", says: /Cannot read the model/ };
  const logged = () => server.log().split(" error Cannot load model").length - 1;
  const replaced = () => server.log().split(" runner replaced ").length - 1;

  // Together, and one after another.
  for (const response of await Promise.all(Array.from({ length: 10 }, ask))) {
    await expectError(response, expected);
  }
  const startMs = performance.now();
  for (let n = 0; n < 40; n++) await expectError(await ask(), expected);
  // The pauses are 0.5 s and double; a slow machine has time for more of them.
  const startsMax = 2 + Math.log2(1 + (performance.now() - startMs) / 500);
  expect(replaced()).toBeLessThanOrEqual(startsMax);
  await until("each process has its line", () => logged() === replaced() + 1);
  expect(server.runners()).toEqual([]);

  copyFileSync(tinyPath, path);
  expect((await ask()).status).toBe(200);
  await until("the last line is there", () => logged() === replaced());
});

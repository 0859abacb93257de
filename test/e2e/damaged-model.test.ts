/**
 * Tests a model file that cannot be loaded. The server must not try to load the file for each request, but only after a
 * pause. After the file is repaired, the server must load it.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openScratch, repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const tinyPath = join(repository, ".build/models/ggml-tiny.en-q8_0.bin");

test("the server answers 500 for a damaged model without starting a runner each time, and loads the model once it is repaired", async () => {
  using scratch = openScratch();
  const path = join(scratch.folder, "model.bin");
  writeFileSync(path, readFileSync(tinyPath).subarray(0, 1_000_000));
  await using server = await startServer({ flags: ["--model", path], environment: nullEngine });
  const ask = () => server.post(formOf({ file: wavOf(0.5, tone) }));
  const expected = { status: 500, code: "model_load_failed", says: /Cannot read the model/ };
  const logged = () => server.log().split(" error Cannot load model").length - 1;
  const replaced = () => server.log().split(" runner replaced ").length - 1;

  // Sends ten requests at the same time, then 40 requests one after another.
  for (const response of await Promise.all(Array.from({ length: 10 }, ask))) {
    await expectError(response, expected);
  }
  const startMs = performance.now();
  for (let n = 0; n < 40; n++) await expectError(await ask(), expected);
  // The pause between two attempts to load the model is 0.5 s at first, and doubles after each attempt. On a slow
  // machine, the 40 requests take longer, so more attempts are allowed.
  const startsMax = 2 + Math.log2(1 + (performance.now() - startMs) / 500);
  expect(replaced()).toBeLessThanOrEqual(startsMax);
  await until("the log has a line for each runner", () => logged() === replaced() + 1);
  expect(server.runners()).toEqual([]);

  copyFileSync(tinyPath, path);
  expect((await ask()).status).toBe(200);
  await until("the log has the last line", () => logged() === replaced());
});

/**
 * Tests malicious model files. The server must reject each file with an error that names the model, before memory is
 * allocated for the file. The engines run in a runner process. So even a file that ends the runner causes only one
 * error, and the server continues.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { linkSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isFull } from "../full.ts";
import { hostileGgufFiles } from "../gguf/hostile.ts";
import { parakeetFile, smallShape } from "../gguf/parakeet.ts";
import { Mutator } from "../models/fuzz/mutate.ts";
import { executable, openScratch, type Scratch } from "./executable.ts";
import { expectError } from "./failures.ts";
import {
  copyWith,
  folderSource,
  ggmlOffsets,
  ggmlSource,
  int32,
  type Patch,
  variableOffset,
} from "./hostile-model-files.ts";
import { peakMemoryBytes } from "./processes.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

/**
 * Maximum memory of the runner and of the server, in bytes. A loader that trusted the numbers in the files would need
 * far more memory.
 */
const runnerBytesMax = 1_500_000_000;
const serverBytesMax = 600e6;

let scratch: Scratch;
let server: TestServer;
beforeAll(async () => {
  scratch = openScratch();
  server = await startServer({
    environment: {
      ...nullEngine,
      OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo",
      OPEN_ASR_SERVER_RUNNER_MEMORY_BYTES: String(runnerBytesMax),
    },
    flags: ["--model-dir", scratch.folder],
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  scratch[Symbol.dispose]();
});

const ask = (model: string) => server.post(formOf({ file: wavOf(0.5, tone), model }));

/** Creates a model file with these changes in the folder of models. Returns the name of the model. */
function ggmlModel(patches: readonly Patch[]): string {
  copyWith(ggmlSource, join(scratch.folder, "ggml-tiny-hostile.bin"), patches);
  return "tiny-hostile";
}
function folderModel(
  patches: readonly Patch[],
  others: (folder: string) => void = () => {},
): string {
  const folder = join(scratch.folder, "faster-whisper-hostile");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const file of readdirSync(folderSource).filter((name) => name !== "model.bin")) {
    linkSync(join(folderSource, file), join(folder, file));
  }
  copyWith(join(folderSource, "model.bin"), join(folder, "model.bin"), patches);
  others(folder);
  return "someone/faster-whisper-hostile";
}

/** Creates a GGUF file in the folder of models. Returns the name of the model. */
function ggufModel(bytes: Uint8Array): string {
  writeFileSync(join(scratch.folder, "parakeet-hostile.gguf"), bytes);
  return "parakeet-hostile";
}

async function expectRejected(model: string, says: RegExp): Promise<void> {
  await expectError(await ask(model), { status: 500, code: "model_load_failed", says });
  expect((await ask("null:echo")).status).toBe(200);
  expect(peakMemoryBytes(server.pid)).toBeLessThan(serverBytesMax);
}

const { tokens, tensors } = ggmlOffsets();

describe("a ggml file", () => {
  const huge = [1500, 4096, 16, 128, 448, 4096, 16, 128, 80, 0];
  test.each([
    ["that describes a quarter of a terabyte", [int32(8, ...huge)], /describes 24\d{10} bytes of/],
    ["with negative dimensions", [int32(12, -384)], /impossible dimensions/],
    ["with two billion tokens", [int32(tokens, 0x7fffffff)], /impossible number of tokens/],
    [
      "with a token of 4 GB",
      [int32(tokens + 4, -16)],
      /token of 4294967280 bytes, expected at most/,
    ],
    ["with a tensor of a million dimensions", [int32(tensors, 1_000_000)], /impossible header/],
    ["with a tensor whose name has 2 GB", [int32(tensors + 4, 0x7fffffff)], /impossible header/],
    ["with a tensor of an unknown type", [int32(tensors + 8, 99)], /impossible header/],
    ["with a tensor of negative size", [int32(tensors + 12, -1)], /impossible dimensions/],
    ["with a tensor larger than the file", [int32(tensors + 12, 1 << 20)], /Cannot read the model/],
    ["of another kind", [{ at: 0, bytes: Buffer.from("GGUF") }], /found another kind of file/],
  ])("%s is rejected, and the error names the model", async (_what, patches, says) => {
    await expectRejected(ggmlModel(patches), says);
  });
});

describe("a GGUF file", () => {
  const layers = "stt.parakeet.encoder.n_layers";
  test.each([
    ["with four billion layers", parakeetFile(smallShape, { [layers]: 2 ** 32 - 1 }), layers],
    ["with more layers than tensors", parakeetFile(smallShape, { [layers]: 3 }), "enc.blocks.2"],
    ["that is cut short", parakeetFile(smallShape).subarray(0, -1), "the file is cut short"],
    ["that ends inside its header", parakeetFile(smallShape).subarray(0, 5000), "Cannot read"],
  ])("%s is rejected by name", async (_what, bytes, says) => {
    await expectRejected(ggufModel(bytes), new RegExp(says));
  });

  test.each(hostileGgufFiles())("with %s is rejected", async (_what, bytes) => {
    await expectRejected(ggufModel(bytes), /./);
  });
});

describe("a folder for CTranslate2", () => {
  const at = variableOffset();
  test.each([
    ["of the first version", [int32(0, 1)], /its version is too old/],
    ["with four billion weights", [int32(22, -1)], /number of weights is invalid/],
    ["with weights of terabytes", [int32(at + 1, -1, -1)], /ends after the file/],
    ["with fewer dimensions than bytes", [int32(at + 1, 1, 1)], /number of bytes of .* is invalid/],
    ["with 255 dimensions", [{ at, bytes: Uint8Array.of(255) }], /dimensions of .* are invalid/],
    ["with an unknown type", [{ at: at + 9, bytes: Uint8Array.of(77) }], /bytes of .* is invalid/],
  ])("%s is rejected, and the error names the model", async (_what, patches, says) => {
    await expectRejected(folderModel(patches), says);
  });

  test.each(["tokenizer.json", "config.json", "vocabulary.json"])(
    "with a %s of 1 GB is rejected, and the error names the model",
    async (name) => {
      const model = folderModel([], (folder) => {
        rmSync(join(folder, name), { force: true });
        writeFileSync(join(folder, name), "");
        truncateSync(join(folder, name), 1e9);
      });
      const says = new RegExp(`its ${name} has 1000000000 bytes, expected at most \\d+`);
      await expectRejected(model, says);
    },
  );

  test("with an index that names files elsewhere is not read", () => {
    const folder = join(scratch.folder, "indexed");
    mkdirSync(folder);
    writeFileSync(join(folder, "config.json"), "{}");
    const index = { weight_map: { a: "../../../etc/passwd", b: "/etc/passwd" } };
    writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
    const { exitCode, stderr } = Bun.spawnSync([executable, "serve", "--port", "0", "-m", folder], {
      env: scratch.environment,
      timeout: 30_000,
    });
    expect(stderr.toString()).toContain("no backend runs models in the format of Transformers");
    expect(exitCode).toBe(1);
  });
});

/**
 * Seed of the random damage. The same seed always creates the same files. `npm test` has a fixed seed, and the full run
 * has a new seed each time.
 */
const seed = isFull ? Date.now() % 2 ** 31 : 15;
const cases = isFull ? 150 : 6;

test(`${3 * cases} files with random damage in their structure cost at most one error each (seed ${seed})`, async () => {
  const at = variableOffset();
  const gguf = parakeetFile(smallShape);
  const outcomes: Record<string, number> = {};
  for (let n = 0; n < cases; n++) {
    const mutator = new Mutator(seed + n);
    const damage = (start: number, length: number): Patch =>
      int32(
        start + mutator.below(length),
        mutator.pick([0, 1, -1, 5, 0x7fffffff, 51_864, 1 << 20]),
      );
    const models = [
      () => ggmlModel([mutator.pick([damage(4, 48), damage(tokens, 400), damage(tensors, 60)])]),
      () => folderModel([mutator.pick([damage(18, 100), damage(at, 16)])]),
      () => ggufModel(damaged(gguf, damage(8, 8000))),
    ];
    for (const model of models) {
      const name = model();
      const response = await ask(name);
      const body = (await response.json()) as { error?: { code: string } };
      const outcome = body.error?.code ?? "transcribed";
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      expect([seed + n, response.status]).toEqual([seed + n, body.error === undefined ? 200 : 500]);
      expect((await ask("null:echo")).status).toBe(200);
      await unload(name);
    }
  }
  // Most damaged files must be rejected before an engine processes them.
  expect(outcomes["model_load_failed"] ?? 0).toBeGreaterThan(cases / 2);
  expect(outcomes["runner_crashed"] ?? 0).toBe(0);
});

// --- internal ---

function damaged(whole: Uint8Array, { at, bytes }: Patch): Uint8Array {
  const copy = new Uint8Array(whole);
  copy.set(bytes, at);
  return copy;
}

async function unload(model: string): Promise<void> {
  await fetch(`${server.url}/v1/admin/models/unload`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, force: true }),
  });
}

/** Tests aliases of the operator, and backends without an engine, with the executable. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { startHub } from "../models/hub/local-hub.ts";
import { executable, openScratch, repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const modelDir = join(repository, ".build/models");
const ask = (server: TestServer, model: string) =>
  server.post(formOf({ file: wavOf(0.5, tone), model }));
const textOf = async (server: TestServer, model: string) =>
  ((await (await ask(server, model)).json()) as { text: string }).text;

describe("an alias", () => {
  test("works beyond the allow-list, is listed, and overrides the meaning of OpenAI's name", async () => {
    await using server = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_DEFAULT_MODEL: "base" },
      flags: ["--alias", "whisper-1=own", "--alias", "own=null:echo", "--allowed-models", "base"],
    });
    for (const name of ["whisper-1", "own", "OWN", "openai/whisper-1"]) {
      expect(await textOf(server, name)).toBe("8000 samples");
    }
    const { data } = await server.client().models.list();
    expect(data.map(({ id }) => id).filter((id) => ["own", "whisper-1"].includes(id))).toEqual([
      "whisper-1",
      "own",
    ]);
    expect(data.map(({ id }) => id)).toContain("gpt-4o-transcribe");
    const one = await fetch(`${server.url}/v1/models/own`);
    expect(await one.json()).toMatchObject({ id: "own", object: "model" });
    await expectError(await ask(server, "null:slow"), { status: 403, code: "model_not_allowed" });
  });

  test("may be the default model, and may select a path that no request may use", async () => {
    const path = join(modelDir, "ggml-tiny.en-q8_0.bin");
    await using server = await startServer({
      environment: { OPEN_ASR_SERVER_MODEL_ALIASES: `mine=${path}` },
      flags: ["--model", "mine"],
    });
    expect(server.startLine).toContain('default model "tiny.en-q8_0"');
    expect((await ask(server, "mine")).status).toBe(200);
  });

  test("is listed and downloaded at its first use, also by a server that listens beyond this machine", async () => {
    const weights = await Bun.file(join(modelDir, "ggml-tiny.en-q8_0.bin")).bytes();
    using hub = await startHub({
      repositories: { "ggerganov/whisper.cpp": { "ggml-tiny.en.bin": weights } },
    });
    await using server = await startServer({
      environment: { HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "0" },
      flags: ["--host", "0.0.0.0", "--alias", "fast=tiny.en"],
    });
    const { data } = await server.client().models.list();
    expect(data.map(({ id }) => id)).toContain("fast");
    expect(hub.requests).toEqual([]);
    expect((await ask(server, "fast")).status).toBe(200);
    expect(hub.requests.length).toBeGreaterThan(0);
  });

  test.each([
    [["--alias", "a=b", "--alias", "b=a"], 2, 'the alias "a" leads back to itself'],
    [["--alias", "a=base", "--alias", "A=base"], 2, 'the alias "A" is there twice'],
    [["--alias", "a"], 2, "--alias is"],
    [["--alias", "a=smal"], 1, 'Cannot find model "smal"'],
    [["--alias", "a=kyutai/stt-1b-en_fr-mlx"], 1, "its backend kyutai-mlx is not available here"],
  ] as const)("with the flags %j prevents the start", (flags, exitCode, says) => {
    using scratch = openScratch();
    const child = Bun.spawnSync([executable, "serve", "--port", "0", ...flags], {
      env: scratch.environment,
      timeout: 30_000,
    });
    expect(child.stderr.toString()).toContain(says);
    expect(child.exitCode).toBe(exitCode);
  });
});

test("backends lists the backends without an engine with the reason", () => {
  using scratch = openScratch();
  const { stdout } = Bun.spawnSync([executable, "backends", "--json"], {
    env: scratch.environment,
    timeout: 30_000,
  });
  const entries = JSON.parse(stdout.toString()) as { id: string; ready: boolean }[];
  expect(entries.filter(({ ready }) => !ready)).toEqual(
    ["parakeet-mlx", "whisper-mlx", "lightning-whisper-mlx", "kyutai-mlx"].map((id) =>
      expect.objectContaining({ id, unavailable: expect.stringMatching(/^it needs MLX/) }),
    ),
  );
  expect(entries.filter(({ ready }) => ready).map(({ id }) => id)).toContain("whisper-cpp");
});

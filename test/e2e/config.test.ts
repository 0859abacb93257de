/** Tests the configuration file and the command `config` through the executable. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleFile } from "../../src/settings/file-example.ts";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { formOf, nullEngine, startServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

let command: ReturnType<typeof openCommandLine>;
let file: string;
beforeAll(() => {
  command = openCommandLine(nullEngine);
  file = join(command.folder, "config.toml");
});
afterAll(() => command[Symbol.dispose]());

function write(content: string, mode = 0o600): void {
  writeFileSync(file, content);
  chmodSync(file, mode);
}

interface Row {
  readonly name: string;
  readonly value: unknown;
  readonly source: string;
}

async function rowsOf(args: readonly string[], environment: Record<string, string> = {}) {
  const { stdout, stderr, code } = await command.run(["config", "--json", ...args], {
    environment,
  });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  const rows = JSON.parse(stdout) as Row[];
  return Object.fromEntries(rows.map((row) => [row.name, row]));
}

describe("config", () => {
  test.each([
    ["in a valid value", 0, { HF_ENDPOINT: "https://me:canary@hub.example" }, ""],
    ["in an invalid value", 2, { HF_ENDPOINT: "ftp://me:canary@hub.example" }, ""],
    ["in a list", 2, { OPEN_ASR_SERVER_CORS_ORIGINS: "null,https://me:canary@web.example/" }, ""],
    ["in the file", 2, {}, 'hf-endpoint = "ftp://me:canary@hub.example"'],
  ])("hides the password of a URL %s", async (_where, expected, environment, content) => {
    write(content);
    for (const format of [[], ["--json"]]) {
      const args = ["config", "--config", file, ...format];
      const { stdout, stderr, code } = await command.run(args, { environment });
      expect(stdout + stderr).toContain("//***@");
      expect(stdout + stderr).not.toContain("canary");
      expect(code).toBe(expected);
    }
  });

  test("prints the value and the source of each setting, and accepts the flags of serve", async () => {
    write('beam = 2\nalias = ["mine=base"]\nvad-threshold = 0.25');
    const environment = { OPEN_ASR_SERVER_LOG_LEVEL: "warn", OPEN_ASR_SERVER_CONFIG: file };
    const args = ["config", "-p", "9000", "-m", "small", "--default-language", "auto"];
    const { stdout } = await command.run(args, { environment });
    const lines = stdout.split("\n").map((line) => line.split(/ {2,}/u));
    for (const row of [
      ["SETTING", "VALUE", "SOURCE"],
      ["host", "127.0.0.1", "default"],
      ["port", "9000", "flag --port"],
      ["model", "small", "flag --model"],
      // With `serve`, the flag `-m` selects the model and also loads it at startup. So `-m` also sets `preload`.
      ["preload", "small", "flag --preload"],
      ["default-language", "auto", "flag --default-language"],
      ["beam", "2", "file"],
      ["alias", "mine=base", "file"],
      ["vad-threshold", "0.25", "file"],
      ["vad", "off", "variable OPEN_ASR_VAD"],
      ["log-level", "warn", "variable OPEN_ASR_SERVER_LOG_LEVEL"],
      ["config", file, "variable OPEN_ASR_SERVER_CONFIG"],
      ["workers", "0, depends on cores, memory and backend", "default"],
    ]) {
      expect(lines).toContainEqual(row);
    }
    const rows = await rowsOf(args.slice(1), environment);
    expect(rows["port"]).toEqual({
      name: "port",
      value: 9000,
      source: "flag",
      variable: "OPEN_ASR_SERVER_PORT",
      flag: "--port",
    } as Row);
    expect(rows["alias"]).toMatchObject({ value: ["mine=base"], source: "file" });
    expect(Object.keys(rows)).toHaveLength(lines.length - 2);
  });

  test("prints no control characters of a value", async () => {
    const { stdout } = await command.run(["config", "--default-prompt", "a\u001B[31m\nb"]);
    expect(stdout).toContain("a\uFFFD[31m\uFFFDb");
  });

  test("prints only whether a secret is set", async () => {
    const secret = "x-ray-77";
    write(`admin-key = ["${secret}"]`);
    const environment = { OPEN_ASR_SERVER_API_KEY: secret, HF_TOKEN: secret };
    const flags = ["--config", file];
    for (const args of [
      ["config", ...flags],
      ["config", "--json", ...flags],
    ]) {
      const { stdout, stderr } = await command.run(args, { environment });
      expect(stdout + stderr).not.toContain(secret);
    }
    const set = { value: "set" };
    expect(await rowsOf(flags, environment)).toMatchObject({
      "api-key": { ...set, source: "environment" },
      "admin-key": { ...set, source: "file" },
      "hf-token": { ...set, source: "default" },
    });
    const unset = await rowsOf([]);
    for (const name of ["api-key", "admin-key", "hf-token"]) {
      expect(unset[name]?.value).toBe("not set");
    }
  });

  test("prints an example file, which changes nothing, also when the settings are invalid", async () => {
    const environment = { OPEN_ASR_SERVER_PORT: "x" };
    const { stdout, code } = await command.run(["config", "--example"], { environment });
    expect(code).toBe(0);
    expect(stdout).toBe(exampleFile());
    write(stdout);
    const rows = await rowsOf(["--config", file]);
    expect(Object.values(rows).filter(({ source }) => source === "file")).toEqual([]);
  });

  test("rejects what serve rejects, with the same lines", async () => {
    write("prot = 1\nport = 'x'");
    const problems = await command.run(["config", "--config", file]);
    expect(problems.stdout).toBe("");
    expect(problems.stderr.trimEnd().split("\n")).toEqual([
      `open-asr-server: Unknown key "prot" (${file}, line 1): did you mean port?`,
      expect.stringContaining(`"port" (${file}, line 2) is "x", expected a whole number`),
    ]);
    expect(problems.code).toBe(2);
    expect(await command.run(["serve", "--config", file])).toEqual(problems);
  });
});

describe("the configuration file", () => {
  test("is used by serve, and its keys protect the server", async () => {
    write('api-key = ["k"]\nnull-backend = true\nvad = false\nmodel = "null:echo"');
    await using server = await startServer({ flags: ["--config", file] });
    expect(server.startLine).toContain('default model "null:echo"');
    expect((await fetch(`${server.url}/v1/models`)).status).toBe(401);
    const headers = { "X-API-Key": "k" };
    const form = formOf({ file: wavOf(0.5, tone), model: "whisper-1" });
    expect((await server.post(form, { headers })).status).toBe(200);
  });

  test.skipIf(isWindows)("with keys that other users can read is rejected", async () => {
    write('api-key = ["k"]', 0o644);
    const { stderr, code } = await command.run(["serve", "--config", file]);
    expect(stderr).toBe(
      `open-asr-server: ${file} contains the secret "api-key", and other users can read it: run chmod 600 "${file}"\n`,
    );
    expect(code).toBe(2);
  });

  test.skipIf(isWindows)("of the user is read by every command", async () => {
    const xdg = join(command.folder, "xdg");
    mkdirSync(join(xdg, "open-asr-server"), { recursive: true });
    writeFileSync(join(xdg, "open-asr-server", "config.toml"), 'model-dir = "absent"');
    const environment = { XDG_CONFIG_HOME: xdg };
    for (const args of [
      ["serve"],
      ["transcribe", "a.wav"],
      ["backends"],
      ["models", "list"],
      ["models", "pull", "base"],
    ]) {
      const { stderr, code } = await command.run(args, { environment });
      expect(stderr).toContain(`"${join(xdg, "open-asr-server", "absent")}", expected an existing`);
      expect(code).toBe(2);
    }
    writeFileSync(join(xdg, "open-asr-server", "config.toml"), "prot = 1");
    expect((await command.run(["health"], { environment })).code).toBe(2);
    expect((await command.run(["config"], { environment })).code).toBe(2);
  });
});

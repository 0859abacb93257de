/** Tests the command `doctor` of the executable: its report, its exit code, and machines on which something is wrong. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { type DoctorReport, doctorReport, type Finding } from "../../src/cli/doctor/report.ts";
import { openCommandLine } from "./command.ts";
import { canMountTmpfs, mountTmpfs } from "./tmpfs.ts";

setDefaultTimeout(60_000);

type CommandLine = ReturnType<typeof openCommandLine>;

/**
 * Runs `doctor --json` and returns its report. Checks that the report matches its schema, and that the exit code
 * matches the result in the report.
 */
async function examine(
  line: CommandLine,
  environment: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<DoctorReport> {
  const { stdout, stderr, code } = await line.run(["doctor", "--json", ...flags], { environment });
  expect(stderr).toBe("");
  const report: unknown = JSON.parse(stdout);
  expect([...Value.Errors(doctorReport, report)]).toEqual([]);
  const { ok } = report as DoctorReport;
  expect(code).toBe(ok ? 0 : 1);
  return report as DoctorReport;
}

function found({ findings }: DoctorReport, check: string): readonly Finding[] {
  return findings.filter((one) => one.check === check);
}

test("it prints a line with a mark for each check, and exits with 0", async () => {
  using line = openCommandLine();
  const { stdout, stderr, code } = await line.run(["doctor"]);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  const [title = "", ...rest] = stdout.trimEnd().split("\n");
  expect(title).toMatch(/^open-asr-server \d+\.\d+\.\d+ on \w+-\w+$/);
  expect(rest.at(-1)).toBe("This machine can transcribe.");
  for (const one of rest.slice(0, -1)) expect(one).toMatch(/^(?:ok {5}|note {3}| {9,}-> )\s*\S/);
  expect(stdout).toMatch(/^ok +model +base on /m);
});

test("the JSON has the documented form, and no secret and no home folder", async () => {
  using line = openCommandLine();
  const report = await examine(line, {
    HOME: line.folder,
    HF_TOKEN: "hf_secret",
    OPEN_ASR_SERVER_API_KEY: "key-secret",
    HTTPS_PROXY: "http://someone:proxy-secret@proxy.example:3128",
  });
  const text = JSON.stringify(report);
  expect(text).not.toContain("secret");
  expect(text).not.toContain(line.folder);
  expect(report.folders.map(({ path }) => path)).toContain("~/cache");
  expect(report.settings?.set.map(({ variable }) => variable)).toEqual(
    expect.arrayContaining(["OPEN_ASR_SERVER_API_KEY", "HF_TOKEN", "HF_HUB_OFFLINE"]),
  );
  expect(found(report, "proxy")).toMatchObject([
    {
      status: "note",
      text: "HTTPS_PROXY is set: requests to the hub go through proxy.example:3128",
    },
  ]);
  expect(report).toMatchObject({
    ok: true,
    cpu: { physical_cores: expect.any(Number) },
    model: { name: "base", device: "cpu" },
    network: null,
  });
});

test("--schema prints the schema of the report", async () => {
  using line = openCommandLine();
  const { stdout, code } = await line.run(["doctor", "--schema"]);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(doctorReport)));
  expect(code).toBe(0);
});

test("invalid settings are problems, and the other checks use the valid settings", async () => {
  using line = openCommandLine();
  const report = await examine(line, {
    OPEN_ASR_THREADS: "many",
    OPEN_ASR_SERVER_PROT: "1",
    OPEN_ASR_SERVER_PORT: "1",
    HTTP_PROXY: "proxy.example",
  });
  const settings = found(report, "settings").filter(({ status }) => status === "problem");
  expect(settings.map(({ text }) => text)).toEqual([
    expect.stringContaining("OPEN_ASR_SERVER_PROT"),
    expect.stringContaining('OPEN_ASR_THREADS is "many"'),
  ]);
  expect(found(report, "proxy")).toMatchObject([
    { text: "HTTP_PROXY is not the address of an HTTP proxy" },
  ]);
  expect(found(report, "port")[0]?.text).toContain("port 1");
  expect(report.model?.name).toBe("base");
});

test("a configuration file is read, and its mistakes are problems", async () => {
  using line = openCommandLine();
  const file = join(line.folder, "config.toml");
  writeFileSync(file, "port = 1\nbeam = 0\n", { mode: 0o600 });
  const report = await examine(line, {}, ["--config", file]);
  expect(found(report, "settings")[0]).toMatchObject({
    status: "problem",
    text: expect.stringContaining("line 2) is 0, expected a whole number from 1 to 8"),
  });
  expect(report.settings?.set).toContainEqual({
    variable: "OPEN_ASR_SERVER_PORT",
    source: "file",
  });
  const missing = await examine(line, {}, ["--config", `${file}.old`]);
  expect(found(missing, "settings")[0]?.text).toContain("Cannot read the configuration file");
});

test("a port in use is a note", async () => {
  using line = openCommandLine();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as { port: number };
    const report = await examine(line, { OPEN_ASR_SERVER_PORT: String(port) });
    expect(found(report, "port")).toMatchObject([
      { status: "note", text: `127.0.0.1 port ${port} is in use, perhaps by this server` },
    ]);
  } finally {
    server.close();
  }
});

test("a model that is missing, or needs more memory than models may use, is a problem", async () => {
  using line = openCommandLine();
  const missing = await examine(line, {}, ["--model", "large-v3"]);
  expect(missing.model).toBeNull();
  expect(found(missing, "model")).toEqual([
    {
      check: "model",
      status: "problem",
      text: "large-v3 is not on this machine, and downloads are off",
      remedy: "open-asr-server models pull large-v3",
    },
  ]);
  const online = await examine(line, { HF_HUB_OFFLINE: "0" }, ["--model", "large-v3"]);
  expect(found(online, "model")[0]).toMatchObject({
    status: "note",
    text: expect.stringContaining("downloaded when it is first used"),
  });
  const small = await examine(line, { OPEN_ASR_SERVER_MODELS_MEMORY_BYTES: "200000000" });
  expect(found(small, "model")[0]).toMatchObject({
    status: "problem",
    text: expect.stringContaining("models may use only 200 MB"),
  });
});

test("without --online it sends nothing to the hub; with it, it checks the hub and the token", async () => {
  const tokens: (string | null)[] = [];
  using hub = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ headers }) => {
      tokens.push(headers.get("authorization"));
      return new Response("{}", { status: tokens.length === 1 ? 200 : 401 });
    },
  });
  using line = openCommandLine({
    HF_ENDPOINT: `http://127.0.0.1:${hub.port}`,
    HF_HUB_OFFLINE: "0",
    HF_TOKEN: "hf_test",
  });
  expect((await examine(line)).network).toBeNull();
  expect(tokens).toEqual([]);
  const host = `127.0.0.1:${hub.port}`;
  const valid = await examine(line, {}, ["--online"]);
  expect(valid.network).toEqual({ hub: host, reachable: true, token_valid: true });
  const invalid = await examine(line, {}, ["--online"]);
  expect(invalid.network).toEqual({ hub: host, reachable: true, token_valid: false });
  expect(found(invalid, "network").at(-1)?.text).toBe("the hub rejects the token");
  expect(tokens).toEqual(["Bearer hf_test", "Bearer hf_test"]);
  const offline = await examine(line, { HF_HUB_OFFLINE: "1" }, ["--online"]);
  expect(offline.network).toBeNull();
  expect(tokens).toHaveLength(2);
  await hub.stop(true);
  const gone = await examine(line, {}, ["--online"]);
  expect(gone.network).toMatchObject({ reachable: false, token_valid: null });
});

test.skipIf(!canMountTmpfs)(
  "a folder in which libraries or uploads cannot be stored is a problem",
  async () => {
    using line = openCommandLine();
    for (const [options, reason] of [
      ["ro", /EROFS|read-only/i],
      ["noexec", /noexec/],
    ] as const) {
      const parent = join(line.folder, options);
      mkdirSync(parent);
      using disk = mountTmpfs(parent, options);
      const report = await examine(line, {
        OPEN_ASR_SERVER_CACHE_DIR: join(disk.folder, "cache"),
        OPEN_ASR_SERVER_SPOOL_DIR: disk.folder,
      });
      const uploads = options === "ro" ? "problem" : "ok";
      expect(found(report, "uploads")).toMatchObject([{ status: uploads }]);
      expect(found(report, "libraries")).toEqual([
        {
          check: "libraries",
          status: "problem",
          text: expect.stringMatching(reason),
          remedy: expect.stringContaining("set OPEN_ASR_SERVER_CACHE_DIR"),
        },
      ]);
    }
  },
);

test.skipIf(process.platform === "win32")(
  "a folder that other users can change is a problem for libraries",
  async () => {
    using line = openCommandLine();
    const shared = join(line.folder, "shared");
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    const report = await examine(line, { OPEN_ASR_SERVER_CACHE_DIR: shared });
    expect(found(report, "libraries")[0]).toMatchObject({
      status: "problem",
      text: expect.stringContaining("another user can write to it"),
    });
    expect(report.folders.find(({ purpose }) => purpose === "libraries")).toMatchObject({
      exists: true,
      trusted: false,
    });
  },
);

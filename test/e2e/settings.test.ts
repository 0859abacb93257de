/**
 * Tests the settings. The server must not start with invalid values, and it must print one line for each of them. It
 * must print warnings for values that are probably wrong. No setting is required.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { exitOf, spawnServer, unknownUser } from "./bare-server.ts";
import { executable, openScratch, type Scratch } from "./executable.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { canMountTmpfs, mountTmpfs } from "./tmpfs.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

describe("the server does not start", () => {
  test("with invalid or unknown settings, and prints one line for each", () => {
    using scratch = openScratch();
    const { exitCode, lines } = failingStart(scratch, {
      OPEN_ASR_BEAM_SIZE: "many",
      OPEN_ASR_SERVER_MAX_UPLOAD_BYTE: "5",
      OPEN_ASR_SERVER_LOG_FORMAT: "yaml",
    });
    expect(exitCode).toBe(2);
    expect(lines).toEqual([
      "open-asr-server: Unknown setting OPEN_ASR_SERVER_MAX_UPLOAD_BYTE: did you mean OPEN_ASR_SERVER_MAX_UPLOAD_BYTES?",
      'open-asr-server: OPEN_ASR_BEAM_SIZE is "many", expected a whole number from 1 to 8',
      'open-asr-server: OPEN_ASR_SERVER_LOG_FORMAT is "yaml", expected text or json',
    ]);
  });

  test("with contradicting settings or a bad key file", () => {
    using scratch = openScratch();
    const keys = join(scratch.folder, "keys");
    const both = { OPEN_ASR_SERVER_API_KEY: "a", OPEN_ASR_SERVER_API_KEY_FILE: keys };
    const small = { OPEN_ASR_SERVER_MAX_SPOOL_BYTES: "10", OPEN_ASR_SERVER_MAX_UPLOAD_BYTES: "11" };
    expect(failingStart(scratch, { ...both, ...small }).lines).toEqual([
      expect.stringContaining("are both set"),
      expect.stringContaining("OPEN_ASR_SERVER_MAX_SPOOL_BYTES is 10, expected at least"),
    ]);
    const file = { OPEN_ASR_SERVER_API_KEY_FILE: keys };
    expect(failingStart(scratch, file).lines).toEqual([expect.stringContaining("ENOENT")]);
    writeFileSync(keys, "\n \n");
    expect(failingStart(scratch, file).lines).toEqual([expect.stringContaining("no key")]);
    writeFileSync(keys, "good\nwith a blank\n");
    const [line = "", ...more] = failingStart(scratch, file).lines;
    expect(line).toMatch(/line 2 is not a key/);
    expect(line).not.toContain("blank\n");
    expect(more).toEqual([]);
    rmSync(keys);
    // Commands other than `serve` do not read the key file, because they need no keys.
    const env = { ...scratch.environment, ...file };
    expect(Bun.spawnSync([executable, "backends"], { env }).exitCode).toBe(0);
    const none = { OPEN_ASR_SERVER_API_KEY: " , " };
    expect(failingStart(scratch, none).lines).toEqual([expect.stringContaining("at least one")]);
    const backend = { OPEN_ASR_DEFAULT_BACKEND: "coreml" };
    expect(failingStart(scratch, backend).lines).toEqual([expect.stringContaining("whisper-cpp")]);
  });

  test.each(["OPEN_ASR_SERVER_API_KEY", "OPEN_ASR_SERVER_API_KEY_FILE"])(
    "on a public address when %s is set but blank",
    async (variable) => {
      using scratch = openScratch();
      for (const blank of ["", " \t"]) {
        const open = { OPEN_ASR_SERVER_HOST: "0.0.0.0", [variable]: blank };
        const { exitCode, lines } = failingStart(scratch, open);
        expect(exitCode).toBe(2);
        expect(lines).toEqual([expect.stringContaining(`${variable} is set but blank`)]);
        // If the variable for the key file is blank, the server must still require the key from the other variable.
        const environment = { OPEN_ASR_SERVER_API_KEY: "k", ...open };
        if (variable === "OPEN_ASR_SERVER_API_KEY") continue;
        await using locked = await startServer({ environment });
        const url = locked.url.replace("0.0.0.0", "127.0.0.1");
        expect((await fetch(`${url}/v1/models`)).status).toBe(401);
      }
      await using local = await startServer({ environment: { [variable]: "" } });
      await logged(local, "/health");
      expect(local.log()).toMatch(new RegExp(`warn .*${variable} is set but blank`));
      expect((await fetch(`${local.url}/v1/models`)).status).toBe(200);
    },
  );

  test("with a key given as a flag (which other users of this machine could read) or a blank key file", () => {
    using scratch = openScratch();
    for (const flags of [["--api-key", ""], ["--api-key="], ["--api-key-file", ""]]) {
      const command = [executable, "serve", "--port", "0", ...flags];
      const { exitCode, stderr } = Bun.spawnSync(command, { env: scratch.environment });
      expect(exitCode).toBe(2);
      expect(stderr.toString()).toContain("--api-key");
    }
  });

  test("when it cannot write to a folder", () => {
    using scratch = openScratch();
    const file = join(scratch.folder, "file");
    writeFileSync(file, "");
    for (const variable of ["OPEN_ASR_SERVER_CACHE_DIR", "OPEN_ASR_SERVER_SPOOL_DIR"]) {
      const { exitCode, lines } = failingStart(scratch, { [variable]: join(file, "folder") });
      expect(exitCode).not.toBe(0);
      expect(lines).toEqual([expect.stringContaining(variable)]);
    }
  });

  test.skipIf(isWindows)("when others can write to the cache folder", () => {
    using scratch = openScratch();
    const open = join(scratch.folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    const { lines } = failingStart(scratch, { OPEN_ASR_SERVER_CACHE_DIR: open });
    expect(lines).toEqual([expect.stringContaining("another user can write to it")]);
  });

  test.skipIf(!canMountTmpfs)("when the cache folder is mounted noexec", () => {
    using scratch = openScratch();
    using mounted = mountTmpfs(scratch.folder, "size=16m,noexec,mode=700");
    const { lines } = failingStart(scratch, { OPEN_ASR_SERVER_CACHE_DIR: mounted.folder });
    expect(lines).toEqual([expect.stringMatching(/noexec.*OPEN_ASR_SERVER_CACHE_DIR/)]);
  });
});

describe("the server starts", () => {
  test("with the variables that Kubernetes sets, and warns about none of them", async () => {
    await using server = await startServer({
      environment: {
        OPEN_ASR_SERVER_PORT: "tcp://10.0.0.7:8000",
        OPEN_ASR_SERVER_PORT_8000_TCP_ADDR: "10.0.0.7",
        OPEN_ASR_SERVER_SERVICE_HOST: "10.0.0.7",
      },
    });
    await logged(server, "/health");
    const warnings = server
      .log()
      .split("\n")
      .filter((line) => line.includes(" warn "));
    expect(warnings).toEqual([]);
  });

  test.each(["*", "null"])(
    "with a warning if every web page may use it (--cors-origins %s)",
    async (origin) => {
      const flags = ["--cors-origins", origin];
      await using open = await startServer({ flags });
      await logged(open, "/health");
      expect(open.log()).toMatch(/warn .*any web page.*OPEN_ASR_SERVER_API_KEY/);
      await using locked = await startServer({
        flags,
        environment: { OPEN_ASR_SERVER_API_KEY: "k" },
      });
      await logged(locked, "/health");
      expect(locked.log()).not.toContain("any web page");
    },
  );

  test("with a warning if anyone can use it, and without one if an API key or loopback protects it", async () => {
    const warning = /warn .*OPEN_ASR_SERVER_API_KEY/;
    const flags = ["--host", "0.0.0.0"];
    await using open = await startServer({ flags });
    await logged(open, "/health");
    expect(open.log()).toMatch(warning);
    await using locked = await startServer({
      flags,
      environment: { OPEN_ASR_SERVER_API_KEY: "k" },
    });
    await using local = await startServer();
    for (const server of [locked, local]) {
      await logged(server, "/health");
      expect(server.log()).not.toMatch(warning);
    }
  });

  test.skipIf(isWindows)(
    "without HOME, with a cache folder and a spool folder of its own",
    async () => {
      using scratch = openScratch();
      await using server = await startServer({
        environment: {
          ...nullEngine,
          TMPDIR: scratch.folder,
          OPEN_ASR_SERVER_CACHE_DIR: "",
          OPEN_ASR_SERVER_SPOOL_DIR: "",
          XDG_CACHE_HOME: join(scratch.folder, "cache"),
        },
      });
      const form = formOf({ file: wavOf(0.5, tone), model: "null:echo" });
      expect((await server.post(form)).status).toBe(200);
      const made = readdirSync(scratch.folder).toSorted();
      expect(made).toContain("cache");
      expect(made.filter((name) => name.startsWith("open-asr-server-spool-"))).toHaveLength(1);
    },
  );

  test.skipIf(unknownUser === null)(
    "without HOME, as a user without an entry in the user database",
    async () => {
      using scratch = openScratch();
      const id = unknownUser!;
      const cache = join(scratch.folder, "cache");
      mkdirSync(cache);
      for (const folder of [scratch.folder, scratch.spoolFolder, cache]) chownSync(folder, id, id);
      const { child, url } = await spawnServer({ env: scratch.environment, uid: id, gid: id });
      expect((await fetch(`${url}/ready`)).status).toBe(200);
      child.kill("SIGTERM");
      expect(await exitOf(child)).toBe(0);
      const flags = ["serve", "--port", "0", "--model", "~/absent.bin"];
      const options = { env: scratch.environment, uid: id, gid: id };
      const { stderr } = Bun.spawnSync([executable, ...flags], options);
      expect(stderr.toString()).toMatch(/^[^\n]*Cannot find model "~\/absent\.bin"[^\n]*\n$/);
    },
  );
});

// --- internal ---

/** Sends a request and waits until the log contains it. The log then also contains all earlier lines. */
async function logged(server: TestServer, path: string): Promise<void> {
  await (await fetch(server.url + path)).text();
  await until("the request is in the log", () => server.log().includes(path));
}

/** Starts a server whose start must fail. Returns its exit code and the lines that it has printed. */
function failingStart(scratch: Scratch, environment: Readonly<Record<string, string>>) {
  const { exitCode, stderr, stdout } = Bun.spawnSync([executable, "serve", "--port", "0"], {
    env: { ...scratch.environment, ...environment },
    timeout: 30_000,
  });
  expect(stdout.toString()).toBe("");
  return { exitCode, lines: stderr.toString().trimEnd().split("\n") };
}

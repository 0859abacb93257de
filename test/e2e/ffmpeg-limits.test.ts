/** Tests the limits on ffmpeg with scripts in its place: endless, huge and crashing ones. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isWindows } from "../windows.ts";
import { openScratch, repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { isAlive } from "./processes.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";

setDefaultTimeout(120_000);

const ac3 = Bun.file(join(repository, "test/audio/cases/12-refused-a-ac3.mkv"));
const scratch = openScratch();
const program = join(scratch.folder, "ffmpeg");
const pidFile = join(scratch.folder, "pid");
const factsFile = join(scratch.folder, "facts");

/** Writes the script that stands in for ffmpeg. It does nothing if the server asks for the protocols. */
function standIn(script: string): void {
  const answers = 'case "$*" in *-protocols*) exit 0;; esac';
  writeFileSync(program, `#!/bin/sh\n${answers}\necho $$ > ${pidFile}\n${script}\n`, {
    mode: 0o755,
  });
}

const limits = {
  OPEN_ASR_SERVER_DECODE_TIMEOUT_SECONDS: "2",
  OPEN_ASR_SERVER_MAX_AUDIO_SECONDS: "10",
  OPEN_ASR_SERVER_MAX_AUDIO_CHANNELS: "2",
  OPEN_ASR_SERVER_ADMIN_KEY: "secret-of-the-operator",
};

let server: TestServer;
beforeAll(async () => {
  standIn("exit 1");
  server = await startServer({
    environment: { ...nullEngine, ...limits },
    flags: ["--ffmpeg", program],
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  scratch[Symbol.dispose]();
});

const post = (on: TestServer = server, init: RequestInit = {}) =>
  on.post(formOf({ file: ac3, model: "null:echo", prompt: "say hi" }), init);

const startedPid = async (): Promise<number> => {
  await until("ffmpeg has started", () => existsSync(pidFile) && readFileSync(pidFile).length > 0);
  return Number(readFileSync(pidFile, "utf8"));
};

/** Starts a server with the default limits, which allow ffmpeg to work for long. */
const startPatientServer = () =>
  startServer({ environment: nullEngine, flags: ["--ffmpeg", program] });

/** Starts a request whose ffmpeg is `script`, and waits until the script runs. */
const startDecoding = async (on: TestServer, script: string) => {
  standIn(script);
  rmSync(pidFile, { force: true });
  const client = new AbortController();
  const response = post(on, { signal: client.signal }).catch(() => null);
  return { client, response, pid: await startedPid() };
};

/** Expects that no file of the request and of ffmpeg is left. */
const expectNoFiles = () => {
  expect(server.spooled()).toEqual([]);
  const left = readdirSync(server.spoolFolder).filter((name) => name.includes("ffmpeg"));
  expect(left).toEqual([]);
};

// A shell runs the scripts, and Windows has no shell.
describe.skipIf(isWindows)("an ffmpeg", () => {
  test.each([
    ["sleeps", "sleep 1000 & wait", /ffmpeg takes longer than 2000 ms.*DECODE_TIMEOUT_SECONDS/u],
    ["computes", "while :; do :; done", /ffmpeg takes longer than 2000 ms/u],
    [
      "writes without an end",
      "exec cat /dev/zero",
      /decoded by ffmpeg, it has more than \d+ bytes/u,
    ],
  ])("that %s is ended", async (_, script, says) => {
    standIn(script);
    rmSync(pidFile, { force: true });
    await expectError(await post(), { status: 400, code: "audio_limit_exceeded", says });
    const pid = await startedPid();
    await until("ffmpeg has ended", () => !isAlive(pid));
    expectNoFiles();
  });

  test.each([
    ["crashes", "kill -SEGV $$"],
    ["fails", "echo something secret >&2; exit 69"],
    ["writes nothing", "exit 0"],
  ])("that %s fails only its request", async (_, script) => {
    standIn(script);
    const response = await post();
    expect(await response.clone().text()).not.toContain("secret");
    await expectError(response, { status: 400, code: "invalid_audio" });
    expect(server.runners()).toHaveLength(1);
    expectNoFiles();
  });

  test("gets limits, but no names, no environment and no other descriptors", async () => {
    const facts = ["echo $*", "env", "ulimit -t", "ulimit -f", "ulimit -v", "ls -l /proc/$$/fd"];
    standIn(`(${facts.join("; ")}) > ${factsFile}; exit 1`);
    const file = new File([ac3], "name-of-the-client.mkv");
    await server.post(formOf({ file, model: "null:echo", prompt: "words of the client" }));
    const seen = readFileSync(factsFile, "utf8");
    expect(seen).toContain("-protocol_whitelist cache,pipe -format_whitelist matroska -f matroska");
    expect(seen).not.toMatch(/of-the-client|of the client|secret|OPEN_ASR|HOME|NODE_CHANNEL/u);
    if (process.platform !== "linux") return;
    // The CPU time in seconds, the size of a file in blocks of 512 bytes, and the memory in kB.
    expect(seen).toMatch(/^4\n3096\n2097152\n/mu);
    const others = [...seen.matchAll(/ (\d+) -> (.*)$/gmu)].filter(([, fd]) => Number(fd) > 2);
    expect(others.map(([, , target]) => target)).toEqual([program]);
  });

  test("ends when the client leaves", async () => {
    await using patient = await startPatientServer();
    const { pid, client, response } = await startDecoding(patient, "exec sleep 1000");
    client.abort();
    await response;
    await until("ffmpeg has ended", () => !isAlive(pid));
  });

  test("ends when its runner dies", async () => {
    await using patient = await startPatientServer();
    const { pid, response } = await startDecoding(patient, "sleep 1000 & wait");
    // The next runner repeats the job. This time, ffmpeg fails at once.
    standIn("exit 1");
    process.kill(patient.runners()[0]!, "SIGKILL");
    await until("ffmpeg has ended", () => !isAlive(pid));
    expect((await response)?.status).toBe(400);
  });
});

/**
 * Tests the text that `serve` prints at its start. Clients can reach the addresses in the text, and the command in the
 * text works without changes.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { physicalCores } from "../../src/platform/physical-cores.ts";
import { isWindows } from "../windows.ts";
import { nullEngine, startServer, type TestServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(60_000);

const key = "secret-key";
const echo = { ...nullEngine, OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo" };
const locked = { OPEN_ASR_SERVER_API_KEY: key };
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === "::1");

test
  .skipIf(isWindows)
  .each([
    ["127.0.0.1", {}],
    ["localhost", {}],
    ["0.0.0.0", {}],
    ["0", {}],
    ["0.0.0.0", locked],
    ...(hasIpv6 ? [["::", locked] as const, ["::1", {}] as const, ["[::1]", {}] as const] : []),
  ])(
  "on the address %s with the environment %j, the printed command works without changes",
  async (host, keys) => {
    const environment = { ...echo, ...keys };
    await using server = await startServer({ environment, flags: ["--host", host] });
    writeFileSync(
      join(server.folder, "audio.mp3"),
      Buffer.from(await wavOf(0.5, tone).arrayBuffer()),
    );
    const command = /^try: (curl .*)$/m.exec(server.startLine)?.[1] ?? "";
    const { stdout } = Bun.spawnSync(["bash", "-c", `${command} --silent --max-time 30`], {
      cwd: server.folder,
      env: { PATH: process.env["PATH"], ...keys },
    });
    expect(JSON.parse(stdout.toString())).toHaveProperty("text");
    expect(server.startLine).not.toContain(key);
    const { headers } = new Request("http://x", { headers: bearerOf(keys) });
    const bases = [...server.startLine.matchAll(/http:\S+\/v1(?=\s)/g)].map(([url]) => url);
    expect(bases.length).toBeGreaterThan(0);
    for (const base of bases) {
      expect((await fetch(`${base}/models`, { headers })).status).toBe(200);
    }
    const isWarned = () => server.log().includes("Listening on a non-loopback address");
    const isOpen = ["0", "0.0.0.0", "::"].includes(host) && keys !== locked;
    if (isOpen) await until("the server warns", isWarned);
    expect(isWarned()).toBe(isOpen);
  },
);

test("the start text is one log record if the log format is JSON, whatever the log level", async () => {
  const flags = ["--log-format", "json", "--log-level", "error", "--host", "0.0.0.0"];
  await using server = await startServer({ environment: { ...echo, ...locked }, flags });
  expect(JSON.parse(server.startLine)).toEqual({
    time: expect.any(String),
    level: "info",
    message: "listening",
    version: expect.any(String),
    url: server.url,
    base_url: `${server.url.replace("0.0.0.0", "127.0.0.1")}/v1`,
    model: "null:echo",
  });
});

test.skipIf(physicalCores() < 2)(
  "the start line names a model that is better than the starter, unless nothing can be downloaded",
  async () => {
    const better = /"base" \(starter\); better: ([\w.-]+), `open-asr-server models pull \1`\n/;
    await using online = await startServer({ environment: { HF_HUB_OFFLINE: "0" } });
    expect(online.startLine).toMatch(better);
    await using offline = await startServer();
    expect(offline.startLine).not.toContain("better");
  },
);

test("serve -m names the default model and preloads it, serve --model only names it", async () => {
  const flags = ["-m", "null:echo"];
  await using eager = await startServer({ environment: nullEngine, flags });
  await until("the model is loaded", () => eager.runners().length === 1);
  expect(eager.startLine).toContain('default model "null:echo"');
  await using lazy = await startServer({
    environment: nullEngine,
    flags: ["--model", "null:echo"],
  });
  await untilReady(lazy);
  expect(lazy.runners()).toEqual([]);
  expect(lazy.startLine).toContain('default model "null:echo"');
});

// --- internal ---

function bearerOf(keys: Readonly<Record<string, string>>): Record<string, string> {
  return Object.keys(keys).length === 0 ? {} : { authorization: `Bearer ${key}` };
}

async function untilReady(server: TestServer): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await fetch(`${server.url}/ready`)).status === 200) return;
    await Bun.sleep(100);
  }
  throw new Error("The server is not ready within 10 s");
}

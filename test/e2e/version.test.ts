/** Tests `version --check` with a release site on this machine. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { version } from "../../package.json";
import { findTarget } from "../../vendor/targets.ts";
import { openCommandLine } from "./command.ts";

setDefaultTimeout(60_000);

let command: ReturnType<typeof openCommandLine>;
const asked: { url: string; method: string; headers: Record<string, string> }[] = [];
/** The versions in the list of hashes that the site serves. With null, the site has no list. */
let versions: readonly string[] | null = [];
const hash = "0".repeat(64);
const site = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    const { url, method, headers } = request;
    asked.push({ url, method, headers: headers.toJSON() });
    if (versions === null) return new Response("Not found", { status: 404 });
    const names = versions.map((one) => `open-asr-server-v${one}-${findTarget().name}.tar.gz`);
    const lines = [...names, "open-asr-server-v99.0.0-plan9-x64.tar.gz", "install.sh"];
    return new Response(lines.map((name) => `${hash}  ${name}\n`).join(""));
  },
});
const address = `http://127.0.0.1:${site.port}/latest/download`;
beforeAll(() => {
  command = openCommandLine();
});
afterAll(async () => {
  command[Symbol.dispose]();
  await site.stop(true);
});

const check = (...args: readonly string[]) => command.run(["version", ...args]);

test("version asks nobody", async () => {
  expect(await check()).toMatchObject({ stdout: `${version}\n`, stderr: "", code: 0 });
  expect(asked).toEqual([]);
});

test("version --check says whether there is a newer version for this platform", async () => {
  for (const [listed, expected] of [
    [["98.1.0"], `${version}: version 98.1.0 is available at ${address}\n`],
    [["9.0.0", "10.0.0-rc.1"], `${version}: version 10.0.0-rc.1 is available at ${address}\n`],
    [[version], `${version}: there is no newer version\n`],
    [[`${version}-rc.1`], `${version}: there is no newer version\n`],
  ] as const) {
    versions = listed;
    expect(await check("--check", "--from", address)).toMatchObject({
      stdout: expected,
      stderr: "",
      code: 0,
    });
  }
});

test("the request contains nothing about this machine", async () => {
  versions = [version];
  asked.length = 0;
  await check("--check", "--from", `${address}/`);
  expect(asked.map(({ url, method }) => [method, url])).toEqual([["GET", `${address}/SHA256SUMS`]]);
  const { "user-agent": agent, ...headers } = asked[0]?.headers ?? {};
  expect(agent).toBe("open-asr-server");
  const usual = ["accept", "accept-encoding", "connection", "host"];
  expect(Object.keys(headers).toSorted()).toEqual(usual);
});

test("says why there is no answer", async () => {
  const reasonOf = async (from: string) => {
    const { stdout, stderr, code } = await check("--check", "--from", from);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    const start = `open-asr-server: Cannot ask ${from} for the newest version: `;
    expect(stderr).toStartWith(start);
    return stderr.slice(start.length);
  };
  versions = null;
  expect(await reasonOf(address)).toBe("the status of the answer is 404, expected 200\n");
  versions = [];
  expect(await reasonOf(address)).toBe(`SHA256SUMS names no archive for ${findTarget().name}\n`);
  expect(await reasonOf("http://127.0.0.1:1")).toContain("Unable to connect");
});

test("rejects flags that mean nothing, and a build whose repository is a placeholder", async () => {
  expect(await check("--from", address)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--from needs --check"),
  });
  expect(await check("--check", "--from", "site")).toMatchObject({ code: 2 });
  expect(await check("--check")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("give the address with --from"),
  });
});

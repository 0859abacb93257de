/** Tests how the newest version is read from the list of hashes of a release. */
import { afterAll, expect, test } from "bun:test";
import { newestVersion } from "../../src/cli/version/newest-version.ts";

let names: readonly string[] = [];
const site = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: () => new Response(names.map((name) => `${"0".repeat(64)}  ${name}\n`).join("")),
});
afterAll(() => site.stop(true));

const newest = (platform: string) =>
  newestVersion(`http://127.0.0.1:${site.port}`, platform, AbortSignal.timeout(10_000));

test("only versions for the platform count, in the order of semantic versions", async () => {
  names = [
    "install.sh",
    "open-asr-server-v0.9.0-linux-x64.tar.gz",
    "open-asr-server-v0.10.0-rc.1-linux-x64.tar.gz",
    "open-asr-server-v0.11.0-linux-arm64.tar.gz",
    "open-asr-server_0.12.0_amd64.deb",
  ];
  expect(await newest("linux-x64")).toBe("0.10.0-rc.1");
  expect(await newest("linux-arm64")).toBe("0.11.0");
  expect(newest("darwin-arm64")).rejects.toThrow("SHA256SUMS names no archive for darwin-arm64");
});

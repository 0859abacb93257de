/** Tests install.sh with releases on a local HTTP server. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { findTarget } from "../../vendor/targets.ts";
import { executable, repository } from "../e2e/executable.ts";
import { startServer } from "../e2e/server.ts";
import { finished } from "../finished.ts";
import { isWindows } from "../windows.ts";
import { openReleases } from "./releases.ts";

setDefaultTimeout(120_000);

let releases: ReturnType<typeof openReleases>;
beforeAll(async () => {
  releases = openReleases();
  if (isWindows) return;
  await releases.add(version, executable);
  await releases.add("8.0.0", releases.program("8.0.0"));
  await releases.add("9.0.0", releases.program("9.0.0"));
});
afterAll(() => releases[Symbol.asyncDispose]());

const archive = (of: string) => `open-asr-server-v${of}-${findTarget().name}.tar.gz`;
const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" });

describe.skipIf(isWindows)("install.sh", () => {
  test("installs, upgrades under a running server, and uninstalls without a trace", async () => {
    const { home, program, install } = releases.user();
    const first = await install(version);
    expect(first).toMatchObject({ stderr: "", code: 0 });
    expect(first.stdout).toContain(`open-asr-server ${version} is installed: ${program}\n`);
    expect(first.stdout).toContain(`${home}/.local/bin is not in PATH`);
    expect(readdirSync(join(home, ".local/bin"))).toEqual(["open-asr-server"]);
    expect(await printed(program)).toBe(`${version}\n`);

    await using server = await startServer({ executable: program });
    const second = await install("9.0.0");
    expect(second).toMatchObject({ stderr: "", code: 0 });
    expect(second.stdout).toContain("A server that runs keeps the old version");
    expect(await printed(program)).toBe("9.0.0\n");
    // The server starts the process of its model now, after its own file was replaced.
    const body = new FormData();
    body.set("file", Bun.file(join(repository, "samples/jfk_0_5.flac")));
    expect(await (await server.post(body)).text()).toContain("fellow Americans");

    mkdirSync(join(home, ".cache/open-asr-server"), { recursive: true });
    const removal = await install("9.0.0", ["--uninstall"]);
    expect(removal).toMatchObject({ stderr: "", code: 0 });
    expect(filesIn(home)).toEqual([]);
  });

  test("rejects an archive with another hash, and keeps the installed version", async () => {
    await releases.add("1.0.0", releases.program("1.0.0"));
    writeFileSync(join(releases.folderOf("1.0.0"), archive("1.0.0")), "other bytes");
    const { home, program, install } = releases.user();
    const rejected = await install("1.0.0");
    expect(rejected.code).toBe(1);
    expect(rejected.stderr).toContain(`${archive("1.0.0")} has the SHA-256`);
    expect(filesIn(home)).toEqual([]);

    await install("9.0.0");
    expect((await install("1.0.0")).code).toBe(1);
    expect(readdirSync(join(home, ".local/bin"))).toEqual(["open-asr-server"]);
    expect(await printed(program)).toBe("9.0.0\n");
  });

  test("rejects a program that does not start", async () => {
    const broken = join(releases.folder, "broken");
    writeFileSync(broken, "#!/bin/sh\nexit 3\n", { mode: 0o755 });
    await releases.add("2.0.0", broken);
    const { home, install } = releases.user();
    const { stderr, code } = await install("2.0.0");
    expect(code).toBe(1);
    expect(stderr).toContain("does not start on this system");
    expect(filesIn(home)).toEqual([]);
  });

  test("installs another version into another folder, which is in PATH", async () => {
    const { home, install } = releases.user();
    const path = `${home}/tools:${process.env["PATH"] ?? ""}`;
    const { stdout, code } = await install("9.0.0", ["--version", "8.0.0", "--dir", "tools"], path);
    expect(code).toBe(0);
    expect(stdout).not.toContain("not in PATH");
    expect(await printed(join(home, "tools/open-asr-server"))).toBe("8.0.0\n");
    expect(new Set(filesIn(home))).toEqual(new Set(["tools", "tools/open-asr-server"]));
  });

  test("says which version or platform does not exist", async () => {
    const { home, install } = releases.user();
    const absent = await install("9.0.0", ["--version", "7.0.0"]);
    expect(absent.code).toBe(1);
    expect(absent.stderr).toContain("check the network, and whether version 7.0.0 exists");

    await releases.add("3.0.0", releases.program("3.0.0"));
    writeFileSync(join(releases.folderOf("3.0.0"), "SHA256SUMS"), "");
    const platform = await install("3.0.0");
    expect(platform.code).toBe(1);
    expect(platform.stderr).toContain(`Version 3.0.0 has no program for ${findTarget().name}`);
    expect(filesIn(home)).toEqual([]);
  });

  test.skipIf(!Bun.which("wget") || !Bun.which("shasum"))(
    "works with wget and shasum instead of curl and sha256sum",
    async () => {
      const { home, program, install } = releases.user();
      const tools = join(home, "tools");
      mkdirSync(tools);
      const names = "cat chmod gzip mkdir mktemp mv rm rmdir shasum tar uname wget".split(" ");
      for (const name of names) symlinkSync(Bun.which(name) ?? name, join(tools, name));
      expect(await install("9.0.0", [], tools)).toMatchObject({ stderr: "", code: 0 });
      expect(await printed(program)).toBe("9.0.0\n");
    },
  );
});

// --- internal ---

async function printed(program: string): Promise<string> {
  const child = Bun.spawn([program, "--version"], { stdout: "pipe", stderr: "pipe" });
  return (await finished(child)).stdout;
}

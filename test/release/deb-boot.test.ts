/**
 * Installs the package for Debian on a new Debian that systemd has booted in a container: the service runs as a user
 * without a name, and reads settings that only root can read.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool } from "../../vendor/packages.mjs";
import { packDeb } from "../../vendor/release/deb.ts";
import { findTarget } from "../../vendor/targets.ts";
import { repository } from "../e2e/executable.ts";
import { childrenOf } from "../e2e/processes.ts";
import { until } from "../e2e/server.ts";
import { finished } from "../finished.ts";
import { isFull } from "../full.ts";
import { releasedExecutable } from "./built.ts";

setDefaultTimeout(900_000);

const canBoot =
  process.getuid?.() === 0 &&
  ["mmdebstrap", "systemd-nspawn", "nsenter", "curl"].every((tool) => Bun.which(tool) !== null);
if (isFull && !canBoot)
  console.warn("The .deb is not booted: that needs root, mmdebstrap, systemd-nspawn and curl");

// Downloads and installs a whole Debian.
describe.skipIf(!isFull || !canBoot)("the package on a new Debian", () => {
  let folder: string;
  let root: string;
  let container: ReturnType<typeof Bun.spawn> | null = null;
  let init: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "open-asr-server-debian-"));
    root = join(folder, "root");
    const contents = "--include=systemd,systemd-sysv,dbus,libstdc++6";
    runTool(["mmdebstrap", "--quiet", "--variant=minbase", contents, codename(), root], {
      failure: "Cannot install Debian",
    });
    for (const version of ["1.0.0", "1.1.0"]) {
      const executable = releasedExecutable();
      const target = findTarget();
      await packDeb({ executable, target, version, folder: join(folder, "packages"), level: 1 });
    }
    cpSync(join(folder, "packages"), join(root, "packages"), { recursive: true });
    const started = Bun.spawn(
      ["systemd-nspawn", "--quiet", `--directory=${root}`, "--boot", "--private-network", ...alone],
      {
        env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
        stdio: ["ignore", "ignore", "ignore"],
      },
    );
    container = started;
    await until("the container starts", () => childrenOf(started.pid).length === 1);
    [init = 0] = childrenOf(started.pid);
    while ((await inside("systemctl", "is-system-running")).stdout !== "running\n")
      await Bun.sleep(200);
  });
  afterAll(async () => {
    if (container !== null) await inside("systemctl", "poweroff");
    await container?.exited;
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (...command: readonly string[]) =>
    finished(Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" }));
  const inside = (...command: readonly string[]) =>
    run(
      "nsenter",
      `--target=${init}`,
      "--mount",
      "--uts",
      "--ipc",
      "--pid",
      "--cgroup",
      "--net",
      ...command,
    );
  const install = (version: string) =>
    inside("sh", "-c", `dpkg --install /packages/open-asr-server_${version}_*.deb`);
  const property = async (name: string) =>
    (
      await inside("systemctl", "show", `--property=${name}`, "--value", "open-asr-server")
    ).stdout.trim();
  const isHealthy = () => inside("open-asr-server", "health", "--wait", "60");
  /** Sends a request from this machine through the network of the container. */
  const curl = async (path: string, ...options: readonly string[]) =>
    (
      await run(
        "nsenter",
        `--target=${init}`,
        "--net",
        "curl",
        "--silent",
        ...options,
        `http://127.0.0.1:8000${path}`,
      )
    ).stdout;
  const settings = () => join(root, "etc/open-asr-server/config.toml");

  test("starts a confined service, which transcribes", async () => {
    expect(await install("1.0.0")).toMatchObject({ code: 0 });
    expect((await isHealthy()).code).toBe(0);
    const sample = join(repository, "samples/jfk_0_5.flac");
    const text = await curl("/v1/audio/transcriptions", "--form", `file=@${sample}`);
    expect(text).toContain("fellow Americans");
    const status = (await inside("cat", `/proc/${await property("MainPID")}/status`)).stdout;
    expect(status).toMatch(/^Uid:\t(6[1-5]\d{3})\t\1\t\1\t\1$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
  });

  test("reads a key from settings that only root can read", async () => {
    const text = readFileSync(settings(), "utf8");
    writeFileSync(settings(), `${text}\napi-key = ["secret"]\n`);
    await inside("systemctl", "restart", "open-asr-server");
    expect((await isHealthy()).code).toBe(0);
    const status = ["--output", "/dev/null", "--write-out", "%{http_code}"];
    expect(await curl("/v1/models", ...status)).toBe("401");
    expect(await curl("/v1/models", ...status, "--header", "x-api-key: secret")).toBe("200");
  });

  test("an upgrade restarts the service, and keeps a service that was stopped", async () => {
    const before = await property("MainPID");
    expect(await install("1.1.0")).toMatchObject({ code: 0 });
    expect((await isHealthy()).code).toBe(0);
    expect(await property("MainPID")).not.toBe(before);
    await inside("systemctl", "stop", "open-asr-server");
    expect(await install("1.1.0")).toMatchObject({ code: 0 });
    expect(await property("ActiveState")).toBe("inactive");
  });

  test("a purge leaves nothing", async () => {
    await inside("systemctl", "start", "open-asr-server");
    expect(await inside("dpkg", "--purge", "open-asr-server")).toMatchObject({
      stderr: "",
      code: 0,
    });
    const names = ["-name", "*open-asr-server*", "-not", "-path", "/packages/*"];
    const found = await inside("find", "/etc", "/usr", "/var", "/run", "/tmp", ...names);
    expect(found.stdout).toBe("");
    expect(existsSync(settings())).toBe(false);
  });
});

// --- internal ---

/** Returns the name of this machine's release of Debian, whose packages its mirror has. */
function codename(): string {
  const [, name] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8")) ?? [];
  return name ?? "stable";
}

/** Runs the container without the services of this machine's systemd, which may not run. */
const alone = ["--register=no", "--keep-unit", "--console=pipe"];

/**
 * Builds the container image with buildah, which needs no daemon, and runs it in a chroot. In place of the distroless
 * image, its base consists of the packages of Debian of which that image consists, too.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../package.json";
import { runTool } from "../../vendor/packages.mjs";
import { pack } from "../../vendor/release/pack.ts";
import { debianArchitectures } from "../../vendor/release/release.ts";
import { findTarget } from "../../vendor/targets.ts";
import { repository } from "../e2e/executable.ts";
import { freePort } from "../e2e/free-port.ts";
import { isFull } from "../full.ts";
import { releasedExecutable } from "./built.ts";

setDefaultTimeout(300_000);

const container = join(repository, "vendor/release/container");
const canBuild =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  ["buildah", "apt-get", "dpkg-deb", "unshare"].every((tool) => Bun.which(tool) !== null);
if (isFull && !canBuild)
  console.warn("The test of the image is skipped: it needs root, buildah, apt-get and dpkg-deb");

/** The part of the image's configuration that this test uses. */
interface ImageConfig {
  User: string;
  Env: string[];
  Entrypoint: string[];
  Cmd: string[];
  ExposedPorts: Record<string, unknown>;
  Volumes: Record<string, unknown>;
  Healthcheck: { Test: string[] };
}

// This test packs, builds and unpacks an image of 160 MB, and downloads packages of Debian.
describe.skipIf(!isFull || !canBuild)("the container image", () => {
  let folder: string;
  let root: string;
  let config: ImageConfig;
  const buildah = (...args: readonly string[]) =>
    runTool(
      [
        "buildah",
        "--storage-driver=vfs",
        `--root=${join(folder, "storage")}`,
        `--runroot=${join(folder, "run")}`,
        ...args,
      ],
      { failure: `buildah ${args[0]} fails` },
    ).trim();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "open-asr-server-image-"));
    const release = join(folder, "release");
    const target = findTarget();
    await pack({ executable: releasedExecutable(), target, version, folder: release, level: 1 });
    runTool([join(container, "context.sh"), release, join(folder, "context")], {
      failure: "context.sh fails",
    });
    const base = makeBase(folder);
    const scratch = buildah("from", "scratch");
    buildah("add", scratch, base, "/");
    buildah("commit", scratch, "localhost/base");
    const arch = debianArchitectures[target.arch];
    buildah(
      "build",
      "--format=docker",
      "--build-arg=BASE=localhost/base",
      `--build-arg=TARGETARCH=${arch}`,
      `--file=${join(container, "Containerfile")}`,
      "--tag=localhost/open-asr-server",
      join(folder, "context"),
    );
    const inspected = buildah("inspect", "--type=image", "localhost/open-asr-server");
    config = JSON.parse(inspected).Docker.config;
    root = buildah("mount", buildah("from", "--pull-never", "localhost/open-asr-server"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts a program as a container does: as the image's user, with a root that is read-only except for two tmpfs. */
  function start(command: readonly string[], environment: Readonly<Record<string, string>>) {
    const [user = ""] = config.User.split(":");
    const script = `
      mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"
      mount -t tmpfs -o exec,mode=0700,uid=${user},gid=${user} none "$1/cache"
      mount -t tmpfs -o mode=1777 none "$1/tmp"
      mount --rbind /proc "$1/proc"
      mount --rbind /dev "$1/dev"
      root=$1; shift; exec chroot --userspec=${config.User} "$root" "$@"`;
    return Bun.spawn(["unshare", "--mount", "sh", "-ec", script, "sh", root, ...command], {
      env: { ...Object.fromEntries(config.Env.map((one) => one.split("=", 2))), ...environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  test("has a user without rights, a port, a volume, and no shell", () => {
    expect(config.User).toBe("65532:65532");
    expect(Object.keys(config.ExposedPorts)).toEqual(["8000/tcp"]);
    expect(Object.keys(config.Volumes)).toEqual(["/models"]);
    expect(readdirSync(join(root, "usr/bin"))).toEqual(["open-asr-server"]);
  });

  test("serves with a read-only root, and its health check sees whether it does", async () => {
    const environment = { OPEN_ASR_SERVER_PORT: String(await freePort()) };
    const [, ...check] = config.Healthcheck.Test;
    expect(await start(check, environment).exited).toBe(1);

    const server = start([...config.Entrypoint, ...config.Cmd], environment);
    const log = server.stderr.text();
    try {
      expect(await start([...check, "--wait", "60"], environment).exited).toBe(0);
      const body = new FormData();
      body.set("file", Bun.file(join(repository, "samples/jfk_0_5.flac")));
      const address = `http://127.0.0.1:${environment.OPEN_ASR_SERVER_PORT}`;
      const response = await fetch(`${address}/v1/audio/transcriptions`, { method: "POST", body });
      expect(await response.text()).toContain("fellow Americans");
    } finally {
      server.kill();
    }
    expect(await server.exited).toBe(0);
    expect(await log).toContain("without API keys");
    // Everything was written to the two tmpfs.
    expect(readdirSync(join(root, "cache"))).toEqual([]);
    expect(readdirSync(join(root, "tmp"))).toEqual([]);
  });
});

// --- internal ---

/** Unpacks the C and C++ libraries of Debian into a folder, and returns the folder. */
function makeBase(folder: string): string {
  const [packages, base] = [join(folder, "packages"), join(folder, "base")];
  for (const name of ["dev", "proc", "tmp"]) mkdirSync(join(base, name), { recursive: true });
  mkdirSync(packages);
  const names = ["libc6", "libgcc-s1", "libstdc++6"];
  runTool(["apt-get", "download", "--quiet", ...names], {
    cwd: packages,
    failure: "Cannot download the packages of Debian: run apt-get update",
  });
  for (const file of readdirSync(packages))
    runTool(["dpkg-deb", "--extract", join(packages, file), base], {
      failure: `Cannot unpack ${file}`,
    });
  return base;
}

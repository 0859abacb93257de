/** Tests the package for Debian with Debian's own tools. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packDeb } from "../../vendor/release/deb.ts";
import { findTarget, targets } from "../../vendor/targets.ts";
import { repository } from "../e2e/executable.ts";
import { finished } from "../finished.ts";

setDefaultTimeout(120_000);

const linux = targets.find(({ name }) => name === "linux-x64") ?? findTarget();
const isRoot = process.getuid?.() === 0;

let folder: string;
let program: string;
const packages: Record<string, string> = {};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-server-deb-"));
  program = join(folder, "program");
  writeFileSync(program, "#!/bin/sh\necho odd\n");
  chmodSync(program, 0o755);
  for (const version of ["1.0.0", "1.0.0-rc.1", "1.1.0"])
    packages[version] = (await packed(version)) ?? "";
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const packed = (version: string, level = 1) =>
  packDeb({ executable: program, target: linux, version, folder, level });
const run = (...command: readonly string[]) =>
  finished(Bun.spawn([...command], { stdout: "pipe", stderr: "pipe" }));

test("only Linux has a package for Debian", async () => {
  for (const target of targets.filter(({ os }) => os !== "linux"))
    expect(
      await packDeb({ executable: program, target, version: "1.0.0", folder, level: 1 }),
    ).toBeNull();
});

test("a package is the same file each time", async () => {
  const first = readFileSync(packages["1.0.0"] ?? "");
  await packed("1.0.0");
  expect(readFileSync(packages["1.0.0"] ?? "").equals(first)).toBe(true);
});

describe.skipIf(!Bun.which("dpkg-deb"))("a package for Debian", () => {
  test("describes itself", async () => {
    const field = async (version: string, name: string) =>
      (await run("dpkg-deb", "--field", packages[version] ?? "", name)).stdout.trim();
    expect(await field("1.0.0", "Package")).toBe("open-asr-server");
    expect(await field("1.0.0", "Architecture")).toBe("amd64");
    expect(await field("1.0.0", "Depends")).toContain("libc6 (>= 2.31)");
    const candidate = await field("1.0.0-rc.1", "Version");
    const older = await run("dpkg", "--compare-versions", candidate, "lt", "1.0.0");
    expect(older.code).toBe(0);
    const { stdout, stderr } = await run("dpkg-deb", "--info", packages["1.0.0"] ?? "");
    expect(stderr).toBe("");
    for (const name of ["conffiles", "control", "md5sums", "postinst", "postrm", "prerm"])
      expect(stdout).toContain(` ${name}`);
  });

  test("lists each folder before its files, and only root can read the settings", async () => {
    const { stdout, stderr } = await run("dpkg-deb", "--contents", packages["1.0.0"] ?? "");
    expect(stderr).toBe("");
    const lines = stdout.trimEnd().split("\n");
    const names = lines.map((line) => line.split(/\s+/)[5] ?? "");
    for (const [index, name] of names.entries()) {
      const parent = name.replace(/[^/]+\/?$/, "");
      if (parent !== "") expect(names.slice(0, index)).toContain(parent);
    }
    expect(lines.find((line) => line.endsWith("/config.toml"))).toStartWith("-rw------- root/root");
    expect(lines.find((line) => line.endsWith("bin/open-asr-server"))).toStartWith("-rwxr-xr-x");
  });
});

describe.skipIf(!Bun.which("dpkg") || !Bun.which("systemctl") || !isRoot)("dpkg", () => {
  let root: string;
  beforeAll(() => {
    root = join(folder, "root");
    for (const name of ["info", "updates"])
      mkdirSync(join(root, "var/lib/dpkg", name), { recursive: true });
    writeFileSync(join(root, "var/lib/dpkg/status"), "");
  });
  // The root contains no other package and no shell.
  const dpkg = (...args: readonly string[]) =>
    run("dpkg", `--root=${root}`, "--force-depends,script-chrootless", "--log=/dev/null", ...args);
  const path = (name: string) => join(root, name);
  const link = "etc/systemd/system/multi-user.target.wants/open-asr-server.service";
  const settings = "etc/open-asr-server/config.toml";

  test("installs the program, and enables the service", async () => {
    expect(await dpkg("--install", packages["1.0.0"] ?? "")).toMatchObject({ code: 0 });
    expect((await run(path("usr/bin/open-asr-server"))).stdout).toBe("odd\n");
    expect(statSync(path(settings)).mode & 0o777).toBe(0o600);
    expect(readlinkSync(path(link))).toEndWith("/lib/systemd/system/open-asr-server.service");
    expect((await dpkg("--verify", "open-asr-server")).stdout).toBe("");
    writeFileSync(path("usr/bin/open-asr-server"), "damaged");
    expect((await dpkg("--verify", "open-asr-server")).stdout).toContain(
      "/usr/bin/open-asr-server",
    );
  });

  test("an upgrade keeps the settings, and a service that was disabled", async () => {
    writeFileSync(path(settings), 'host = "0.0.0.0"\n');
    rmSync(path(link));
    expect(await dpkg("--install", packages["1.1.0"] ?? "")).toMatchObject({ code: 0 });
    expect(readFileSync(path(settings), "utf8")).toBe('host = "0.0.0.0"\n');
    expect(existsSync(path(link))).toBe(false);
    expect((await run(path("usr/bin/open-asr-server"))).stdout).toBe("odd\n");
  });

  test("a purge leaves nothing", async () => {
    mkdirSync(path("var/cache/private/open-asr-server/models"), { recursive: true });
    expect(await dpkg("--remove", "open-asr-server")).toMatchObject({ code: 0 });
    expect(existsSync(path("usr"))).toBe(false);
    expect(existsSync(path(settings))).toBe(true);
    expect(await dpkg("--purge", "open-asr-server")).toMatchObject({ code: 0 });
    expect(existsSync(path("etc/open-asr-server"))).toBe(false);
    expect(existsSync(path("var/cache/private/open-asr-server"))).toBe(false);
  });
});

test.skipIf(!Bun.which("systemd-analyze"))(
  "systemd accepts the unit, which is confined",
  async () => {
    // The unit is copied, because this machine may not have the program.
    const unit = readFileSync(
      join(repository, "vendor/release/debian/open-asr-server.service"),
      "utf8",
    );
    const copy = join(folder, "copy.service");
    writeFileSync(copy, unit.replace("/usr/bin/open-asr-server", program).replace(/^Doc.*\n/m, ""));
    expect(await run("systemd-analyze", "verify", copy)).toMatchObject({ stderr: "", code: 0 });
    // The level goes from 0 (confined) to 10 (not confined at all). 30 stands for 3.0.
    const security = ["security", "--offline=true", "--threshold=30", "--no-pager", copy];
    expect((await run("systemd-analyze", ...security)).code).toBe(0);
  },
);

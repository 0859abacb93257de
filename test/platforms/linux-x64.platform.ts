/** Tests the release for Linux x64: the versions of glibc that it needs, older systems, and a CPU without AVX. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { buildFolder } from "../../vendor/packages.mjs";
import { stagedLibraries } from "../../vendor/native.ts";
import { findTarget } from "../../vendor/targets.ts";
import { repository } from "../e2e/executable.ts";
import { canMountTmpfs } from "../e2e/tmpfs.ts";
import { builtExecutable, onOldCpu, scriptOf } from "./emulators.ts";
import { testVersions } from "./versions.case.ts";

setDefaultTimeout(1_500_000);

const target = findTarget("linux-x64");
const executable = builtExecutable(target.name);
// The library for Vulkan is missing if the build left it out.
const libraries = stagedLibraries(target, true).filter(({ path }) => existsSync(path));
const isBuilt = existsSync(executable);
const clip = join(repository, "test/audio/en_vm-nobox.flac");

if (!isBuilt) console.error(`linux-x64: skipped, ${executable} has not been built`);

testVersions(target, isBuilt ? libraries : []);

describe.skipIf(!isBuilt || !canMountTmpfs || Bun.which("debootstrap") === null)(
  "in a bare root of",
  () => {
    // Debian 11 has the oldest glibc that the release supports.
    test.each(["bookworm", "bullseye"])("Debian %s, the starter model transcribes", (suite) => {
      const root = debianRoot(suite);
      copyFileSync(clip, join(root, "clip.flac"));
      writeFileSync(join(root, "server"), "");
      const mounts = [
        `mount -t proc proc '${root}/proc'`,
        `mount --bind /dev '${root}/dev'`,
        `mount -t tmpfs -o mode=1777 none '${root}/tmp'`,
        `mount --bind '${executable}' '${root}/server'`,
      ];
      const command = [...mounts, `chroot '${root}' /server transcribe /clip.flac`].join(" && ");
      const child = Bun.spawnSync(["unshare", "-m", "sh", "-c", command], {
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: "/",
          HF_HUB_OFFLINE: "1",
          OPEN_ASR_SERVER_CACHE_DIR: "/tmp/cache",
        },
      });
      expect({ stderr: child.stderr.toString(), code: child.exitCode }).toEqual({
        stderr: "",
        code: 0,
      });
      expect(normalisedWords(child.stdout.toString())).toContain("mailbox");
    });
  },
);

// QEMU starts only this process. A runner would be another process, on the CPU of this machine. So one process opens the
// libraries.
const old = scriptOf("linux-x64 without AVX", onOldCpu());
test.skipIf(old === null)(
  "on a CPU without AVX, the program starts, and whisper.cpp decodes",
  () => {
    expect(Bun.spawnSync([old ?? "", "--version"]).exitCode).toBe(0);
    const engine = libraries.find(({ name }) => name === "whisper-cpp@baseline")?.path ?? "";
    const child = Bun.spawnSync(
      [old ?? "", "test", "--timeout=1400000", join(import.meta.dirname, "decode-once.ts")],
      { cwd: repository, env: { ...process.env, BUN_BE_BUN: "1", ASR_TEST_ENGINE: engine } },
    );
    expect([child.exitCode, child.stderr.toString()]).toEqual([
      0,
      expect.stringContaining("1 pass"),
    ]);
  },
);

// --- internal ---

/** Returns a root folder with Debian's base packages, which are unpacked, but not configured. */
function debianRoot(suite: string): string {
  const root = join(buildFolder, "platforms", `debian-${suite}`);
  if (existsSync(root)) return root;
  const unfinished = `${root}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const options = ["--foreign", "--variant=minbase", "--include=libstdc++6"];
  const { exitCode, stdout } = Bun.spawnSync(["debootstrap", ...options, suite, unfinished]);
  if (exitCode !== 0) throw new Error(`debootstrap failed: ${stdout.toString().slice(-500)}`);
  // In a container, debootstrap makes /proc a link to itself.
  rmSync(join(unfinished, "proc"), { recursive: true, force: true });
  mkdirSync(join(unfinished, "proc"));
  renameSync(unfinished, root);
  return root;
}

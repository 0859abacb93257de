/**
 * Tests the executable in root folders that contain only a few libraries, as in a container. Also tests the executable
 * on a CPU that is too old for the fastest engine.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DoctorReport } from "../../src/cli/doctor/report.ts";
import { isStarterForCtranslate2 } from "../../src/models/backends/starter.ts";
import { builtLibrary } from "../backends/built.ts";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { executable, openScratch, repository } from "./executable.ts";
import { canMountTmpfs } from "./tmpfs.ts";

setDefaultTimeout(120_000);

const clip = join(repository, "test/audio/en_vm-nobox.flac");
const canRun = canMountTmpfs && isStarterForCtranslate2;

test.skipIf(!canRun)(
  "without libstdc++, the starter model transcribes on whisper.cpp, and the reason is shown",
  () => {
    using scratch = openScratch();
    const root = bareRoot(join(scratch.folder, "root"), []);
    const transcript = inRoot(root, "transcribe", "/clip.flac");
    expect(normalisedWords(transcript.stdout)).toContain("mailbox");
    const backends = inRoot(root, "backends");
    expect(backends.stdout).toMatch(baseOnWhisperCpp);
    expect(backends.stdout).toContain("needs libstdc++.so.6");
    expect(backends.stderr).toContain(
      "runs on whisper-cpp, not faster-whisper: it needs libstdc++",
    );
    const report = JSON.parse(inRoot(root, "doctor", "--json").stdout) as DoctorReport;
    expect(report).toMatchObject({ ok: true, model: { name: "base", backend: "whisper-cpp" } });
    expect(report.findings).toContainEqual({
      check: "backend",
      status: "note",
      text: expect.stringContaining("faster-whisper is not available: it needs libstdc++.so.6"),
      remedy: expect.stringContaining("install the package libstdc++6"),
    });
  },
);

// These are the libraries of a "distroless" container image with a C++ runtime.
test.skipIf(!canRun)(
  "with glibc, libgcc and libstdc++ only, an unprivileged user gets a transcript of CTranslate2",
  () => {
    using scratch = openScratch();
    const root = bareRoot(join(scratch.folder, "root"), [
      "libstdc++.so.6",
      "libgcc_s.so.1",
      "librt.so.1",
      "libpthread.so.0",
      "libdl.so.2",
    ]);
    const unprivileged = "65532:65532";
    const transcript = inRoot(root, "transcribe", "/clip.flac", unprivileged);
    expect(normalisedWords(transcript.stdout)).toContain("mailbox");
    expect(inRoot(root, "backends", "", unprivileged).stdout).toMatch(
      /faster-whisper[^\n]*ready\n(?: .*\n)*? {2}models +base\n/,
    );
  },
);

test.skipIf(!canRun)("on a CPU without AVX2, the starter model transcribes on whisper.cpp", () => {
  using scratch = openScratch();
  const cpuinfo = join(scratch.folder, "cpuinfo");
  writeFileSync(cpuinfo, readFileSync("/proc/cpuinfo", "utf8").replaceAll(/ avx\w*/g, ""));
  const onOldCpu = (words: string) =>
    inNamespace(
      `mount --bind '${cpuinfo}' /proc/cpuinfo && '${executable}' ${words}`,
      scratch.environment,
    );
  expect(normalisedWords(onOldCpu(`transcribe '${clip}'`).stdout)).toContain("mailbox");
  const { stdout, stderr } = onOldCpu("backends");
  expect(stdout).toMatch(baseOnWhisperCpp);
  expect(stderr).toContain("it is slow on a CPU without avx2");
});

// --- internal ---

const baseOnWhisperCpp = /whisper-cpp[^\n]*ready\n(?: .*\n)*? {2}models +base\n/;

/** Runs a command of the executable in a root folder, by default as root. */
function inRoot(root: string, command: string, argument = "", user = "0:0") {
  return inNamespace(
    `mount -t proc proc '${root}/proc' && mount --bind /dev '${root}/dev' && ` +
      `mount -t tmpfs -o mode=1777 none '${root}/tmp' && ` +
      `mount --bind '${executable}' '${root}/server' && ` +
      `chroot --userspec=${user} '${root}' /server ${command} ${argument}`,
    { OPEN_ASR_SERVER_CACHE_DIR: "/tmp/cache", HF_HUB_OFFLINE: "1", HOME: "/" },
  );
}

/**
 * Creates a root folder with the libraries that the executable and the audio library need. The folder also contains the
 * libraries in `more`, which are copied from this system.
 */
function bareRoot(root: string, more: readonly string[]): string {
  const programs = [executable, builtLibrary("audio")];
  const listed = Bun.spawnSync(["ldd", ...programs]).stdout.toString();
  const needed = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
  expect(needed.join(" ")).not.toContain("libstdc++");
  const libraries = [...needed, ...more.map(pathOfLibrary)];
  for (const folder of ["proc", "dev", "tmp"]) mkdirSync(join(root, folder), { recursive: true });
  for (const path of libraries) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
  copyFileSync(clip, join(root, "clip.flac"));
  writeFileSync(join(root, "server"), "");
  return root;
}

function pathOfLibrary(name: string): string {
  const { stdout } = Bun.spawnSync(["/sbin/ldconfig", "-p"]);
  const path = stdout
    .toString()
    .match(new RegExp(`${RegExp.escape(name)} .*x86-64.* => (\\S+)`))?.[1];
  if (path === undefined) throw new Error(`this system has no ${name}`);
  return path;
}

/**
 * Runs a shell command in a mount namespace of its own. When the command ends, the mounts of this namespace are
 * removed.
 */
function inNamespace(command: string, environment: Readonly<Record<string, string>>) {
  const child = Bun.spawnSync(["unshare", "-m", "sh", "-c", command], {
    env: { PATH: process.env["PATH"] ?? "", ...environment },
    timeout: 100_000,
  });
  expect({ exitCode: child.exitCode, stderr: child.stderr.toString() }).toMatchObject({
    exitCode: 0,
  });
  return { stdout: child.stdout.toString(), stderr: child.stderr.toString() };
}

/** Tests the executable in a root folder without libstdc++, and on a CPU that is too old for the fastest engine. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
    const root = bareRoot(join(scratch.folder, "root"));
    const inRoot = (...words: readonly string[]) =>
      inNamespace(
        `mount -t proc proc '${root}/proc' && mount --bind /dev '${root}/dev' && ` +
          `mount --bind '${executable}' '${root}/server' && ` +
          `chroot '${root}' /server ${words.join(" ")}`,
        { OPEN_ASR_SERVER_CACHE_DIR: "/cache", HF_HUB_OFFLINE: "1" },
      );
    const transcript = inRoot("transcribe", "/clip.flac");
    expect(normalisedWords(transcript.stdout)).toContain("mailbox");
    const backends = inRoot("backends");
    expect(backends.stdout).toMatch(baseOnWhisperCpp);
    expect(backends.stdout).toContain("needs libstdc++.so.6");
    expect(backends.stderr).toContain(
      "runs on whisper-cpp, not faster-whisper: it needs libstdc++",
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

/** Creates a root folder with the libraries that the executable and the audio library need. */
function bareRoot(root: string): string {
  const programs = [executable, builtLibrary("audio")];
  const listed = Bun.spawnSync(["ldd", ...programs]).stdout.toString();
  const libraries = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
  expect(libraries.join(" ")).not.toContain("libstdc++");
  for (const folder of ["proc", "dev", "tmp", "cache"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const path of libraries) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
  copyFileSync(clip, join(root, "clip.flac"));
  writeFileSync(join(root, "server"), "");
  return root;
}

/** Runs a shell command in a mount namespace of its own, so that its mounts are removed when it ends. */
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

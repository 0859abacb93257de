/**
 * Tests the executable on a machine with the files of an NVIDIA driver, but without a GPU. The files are mounted in a
 * mount namespace. No test runs on a GPU.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DoctorReport } from "../../src/cli/doctor/report.ts";
import { isStarterForCtranslate2 } from "../../src/models/backends/starter.ts";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { executable, openScratch, repository } from "./executable.ts";
import { canMountTmpfs } from "./tmpfs.ts";

setDefaultTimeout(120_000);

const clip = join(repository, "test/audio/en_vm-nobox.flac");
const canRun = canMountTmpfs && isStarterForCtranslate2 && process.arch === "x64";
const allLibraries = ["libcuda.so.1", "libcublas.so.12", "libcublasLt.so.12"];

/**
 * Mounts the files of a driver and of a device, then runs a command. The arguments are the scratch folder and the words
 * of the command.
 */
const script = `
set -e
folder=$1; shift
dev=$folder/dev
mount -t tmpfs none "$dev"
for name in null zero full random urandom; do touch "$dev/$name"; mount --bind /dev/$name "$dev/$name"; done
touch "$dev/nvidiactl"
mount --rbind "$dev" /dev
mount -t tmpfs none /proc/driver
mkdir -p /proc/driver/nvidia/gpus/0
echo "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12" > /proc/driver/nvidia/version
echo "Model: NVIDIA L4" > /proc/driver/nvidia/gpus/0/information
exec "$@"
`;

/**
 * Runs the executable on a simulated machine with an NVIDIA L4. `libraries` are the names of the CUDA libraries of this
 * machine. The files of these libraries are empty.
 */
function runWith(libraries: readonly string[], words: readonly string[], nvidiaSmi?: string) {
  using scratch = openScratch();
  const programs = join(scratch.folder, "bin");
  mkdirSync(programs);
  if (nvidiaSmi !== undefined) {
    writeFileSync(join(programs, "nvidia-smi"), `#!/bin/sh\n${nvidiaSmi}\n`, { mode: 0o755 });
  }
  for (const name of ["dev", "lib"]) mkdirSync(join(scratch.folder, name));
  for (const name of libraries) writeFileSync(join(scratch.folder, "lib", name), "");
  const child = Bun.spawnSync(
    ["unshare", "-m", "bash", "-c", script, "bash", scratch.folder, executable, ...words],
    {
      env: {
        PATH: `${programs}:${process.env["PATH"] ?? ""}`,
        ...scratch.environment,
        LD_LIBRARY_PATH: join(scratch.folder, "lib"),
      },
      timeout: 100_000,
    },
  );
  return {
    stdout: child.stdout.toString(),
    stderr: child.stderr.toString(),
    code: child.exitCode,
  };
}

test.skipIf(!canRun)(
  "without cuBLAS, models run on the CPU, and the missing library is named",
  () => {
    const report = JSON.parse(
      runWith(["libcuda.so.1"], ["doctor", "--json"]).stdout,
    ) as DoctorReport;
    expect(report).toMatchObject({ ok: true, model: { device: "cpu" } });
    expect(report.findings).toContainEqual({
      check: "gpu",
      status: "note",
      text: expect.stringMatching(/^NVIDIA L4 .*not used: libcublas\.so\.12 is not installed$/),
      remedy: expect.stringContaining("install cuBLAS of CUDA 12"),
    });
    expect(runWith(["libcuda.so.1"], ["models", "recommend"]).stdout).toContain(
      "a GPU that no backend uses (`open-asr-server doctor` explains why)",
    );
    const { stderr, code } = runWith(["libcuda.so.1"], ["transcribe", clip, "--device", "gpu"]);
    expect(stderr).toContain("faster-whisper: libcublas.so.12 is not installed; install cuBLAS");
    expect(code).toBe(2);
  },
);

test.skipIf(!canRun)("with cuBLAS, models run on the GPU, unless the device is the CPU", () => {
  const onGpu = JSON.parse(runWith(allLibraries, ["doctor", "--json"]).stdout) as DoctorReport;
  expect(onGpu).toMatchObject({
    gpus: [{ used_by: ["faster-whisper"], unused_because: null }],
    model: { backend: "faster-whisper", device: "gpu" },
  });
  const onCpu = runWith(allLibraries, ["doctor", "--json", "--device", "cpu"]).stdout;
  expect(JSON.parse(onCpu)).toMatchObject({
    gpus: [{ used_by: [], unused_because: "OPEN_ASR_DEVICE is cpu" }],
    model: { device: "cpu" },
  });
});

test.skipIf(!canRun)(
  "a GPU that fails to load the model is replaced by the CPU, or is an error with --device gpu",
  () => {
    const replaced = runWith(allLibraries, ["transcribe", clip]);
    expect(normalisedWords(replaced.stdout)).toContain("mailbox");
    expect(replaced.stderr).toContain("the GPU does not work, so the model runs on the CPU");
    const strict = runWith(allLibraries, ["transcribe", clip, "--device", "gpu"]);
    expect(strict.stderr).toContain("Cannot use a GPU: CTranslate2 found no NVIDIA GPU");
    expect(strict.code).toBe(1);
  },
);

test.skipIf(!canRun)(
  "doctor asks nvidia-smi for details, but waits only a few seconds for it",
  () => {
    const namesWith = (nvidiaSmi: string) => {
      const { stdout } = runWith(allLibraries, ["doctor", "--json"], nvidiaSmi);
      return (JSON.parse(stdout) as DoctorReport).gpus?.map(({ name }) => name);
    };
    expect(namesWith('echo "NVIDIA L4, 23034 MiB, 535.183.01"')).toEqual([
      "NVIDIA L4 (23034 MiB, driver 535.183.01)",
    ]);
    expect(namesWith("sleep 20")).toEqual(["NVIDIA L4 (driver 535.183.01)"]);
    expect(namesWith("echo failed; exit 9")).toEqual(["NVIDIA L4 (driver 535.183.01)"]);
  },
);

test.skipIf(!canRun)("doctor reports even if the kernel describes no CPU or memory", () => {
  using scratch = openScratch();
  const empty = join(scratch.folder, "empty");
  writeFileSync(empty, "");
  const hide = ["/proc/cpuinfo", "/proc/meminfo", "/etc/os-release"]
    .map((path) => `mount --bind '${empty}' ${path}`)
    .join(" && ");
  const child = Bun.spawnSync(["unshare", "-m", "sh", "-c", `${hide} && '${executable}' doctor`], {
    env: { PATH: process.env["PATH"] ?? "", ...scratch.environment },
    timeout: 100_000,
  });
  expect(child.stderr.toString()).toBe("");
  expect([0, 1]).toContain(child.exitCode);
  const text = child.stdout.toString();
  expect(text).toMatch(/^note +cpu +unknown x64 CPU, \d+ cores?, /m);
  expect(text).toMatch(/^ok +model +base on whisper-cpp/m);
});

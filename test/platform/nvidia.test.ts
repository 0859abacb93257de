import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { nvidiaFacts } from "../../src/platform/nvidia.ts";

/** Files of a machine with an NVIDIA L4 and everything that CTranslate2 needs. */
const complete: Readonly<Record<string, string>> = {
  "driver/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12\n",
  "driver/gpus/0000:00:04.0/information": "Model: \t\t NVIDIA L4\nIRQ:   \t\t 42\n",
  "dev/nvidiactl": "",
  "lib/libcuda.so.1": "",
  "lib/libcublas.so.12": "",
  "lib/libcublasLt.so.12": "",
};

function factsOf(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), "open-asr-nvidia-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const facts = nvidiaFacts({
      driver: join(root, "driver"),
      devices: join(root, "dev"),
      pci: join(root, "pci"),
      linker: { cacheFile: join(root, "cache"), folders: [join(root, "lib")] },
      cudaFolders: [join(root, "cuda")],
    });
    const { problem } = facts;
    const words = problem && `${problem.reason}; ${problem.remedy}`.replaceAll(root, "");
    return { ...facts, problem: words };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function without(...names: readonly string[]) {
  return Object.fromEntries(Object.entries(complete).filter(([name]) => !names.includes(name)));
}

test("a GPU with a driver and cuBLAS has no problem", () => {
  expect(factsOf(complete)).toEqual({
    gpus: ["NVIDIA L4"],
    driverVersion: "535.183.01",
    problem: null,
  });
});

test("a machine without an NVIDIA GPU has none, even with other cards", () => {
  const intel = { "pci/0000:00:02.0/class": "0x030000\n", "pci/0000:00:02.0/vendor": "0x8086\n" };
  expect(factsOf(intel)).toEqual({
    gpus: [],
    driverVersion: null,
    problem: "there is no NVIDIA GPU; null",
  });
});

test("a card without a driver is found, and the driver is named", () => {
  const card = { "pci/0000:01:00.0/class": "0x030200\n", "pci/0000:01:00.0/vendor": "0x10de\n" };
  const { gpus, problem } = factsOf(card);
  expect(gpus).toEqual(["NVIDIA GPU"]);
  expect(problem).toMatch(/driver .* not loaded; install NVIDIA's driver/);
});

test.each([
  [without("dev/nvidiactl"), /nvidiactl does not exist; .*--gpus all/],
  [without("lib/libcuda.so.1"), /libcuda\.so\.1 is not installed; .*driver/],
  [without("lib/libcublas.so.12"), /libcublas\.so\.12 is not installed; install cuBLAS of CUDA 12/],
  [without("lib/libcublasLt.so.12"), /libcublasLt\.so\.12 is not installed; install cuBLAS/],
  [
    { ...without("lib/libcublas.so.12"), "cuda/libcublas.so.12": "" },
    /libcublas\.so\.12 is in \/cuda, .*set LD_LIBRARY_PATH=\/cuda$/,
  ],
  [
    { ...complete, "driver/version": "NVRM version: NVIDIA UNIX Kernel Module  470.82.01  Wed\n" },
    /driver is version 470\.82\.01, expected 525 or newer/,
  ],
])("the missing part is named: %#", (files, problem) => {
  expect(factsOf(files).problem).toMatch(problem);
});

test("a Linux inside Windows needs no driver of its own", () => {
  const wsl = Object.fromEntries(
    Object.entries(complete).filter(([name]) => name.startsWith("lib")),
  );
  expect(factsOf({ ...wsl, "dev/dxg": "" })).toMatchObject({ gpus: ["NVIDIA GPU"], problem: null });
});

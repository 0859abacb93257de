import { expect, test } from "bun:test";
import { devicesOf, gpuProblem, usesGpu } from "../../../src/models/backends/device.ts";

const cudaProblem = "there is no NVIDIA GPU";
const mac = { platform: "darwin", arch: "arm64", cudaProblem };
const linux = { platform: "linux", arch: "x64", cudaProblem };
const linuxWithCuda = { ...linux, cudaProblem: null };
const both = { devices: ["cpu", "metal"] } as const;
const cuda = { devices: ["cpu", "cuda"] } as const;
const cpuOnly = { devices: ["cpu"] } as const;

test("the device auto is Metal on Apple silicon if the backend supports it, otherwise the CPU", () => {
  expect(usesGpu(both, "auto", mac)).toBe(true);
  expect(usesGpu(cpuOnly, "auto", mac)).toBe(false);
  expect(usesGpu(both, "auto", linux)).toBe(false);
  expect(usesGpu(both, "auto", { ...mac, arch: "x64" })).toBe(false);
});

test("the device auto is CUDA only on Linux x64 with everything that CUDA needs", () => {
  expect(usesGpu(cuda, "auto", linuxWithCuda)).toBe(true);
  expect(usesGpu(cuda, "auto", linux)).toBe(false);
  expect(usesGpu(cuda, "auto", { ...linuxWithCuda, arch: "arm64" })).toBe(false);
  expect(usesGpu(cuda, "auto", { ...linuxWithCuda, platform: "win32" })).toBe(false);
});

test("the device cpu is always the CPU", () => {
  expect(usesGpu(both, "cpu", mac)).toBe(false);
  expect(usesGpu(cuda, "cpu", linuxWithCuda)).toBe(false);
});

test("a backend lists only devices of this machine", () => {
  expect(devicesOf(both, linux)).toEqual(["cpu"]);
  expect(devicesOf(both, mac)).toEqual(["cpu", "metal"]);
  expect(devicesOf(cuda, linux)).toEqual(["cpu"]);
  expect(devicesOf(cuda, linuxWithCuda)).toEqual(["cpu", "cuda"]);
});

test("the reason against a GPU comes from the backend or from the machine", () => {
  expect(gpuProblem(cuda, linux)).toBe(cudaProblem);
  expect(gpuProblem(cuda, linuxWithCuda)).toBeNull();
  expect(gpuProblem(cuda, mac)).toContain("only on Linux");
  expect(gpuProblem(both, linux)).toContain("only on Apple silicon");
  expect(gpuProblem(cpuOnly, mac)).toContain("no code for GPUs");
});

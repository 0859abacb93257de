import { expect, test } from "bun:test";
import {
  devicesOf,
  gpuProblem,
  libraryForGpu,
  usesGpu,
} from "../../../src/models/backends/device.ts";

const cudaProblem = "there is no NVIDIA GPU";
const vulkanProblem = "there is no driver for Vulkan";
const mac = { platform: "darwin", arch: "arm64", cudaProblem, vulkanProblem: null };
const linux = { platform: "linux", arch: "x64", cudaProblem, vulkanProblem };
const linuxWithCuda = { ...linux, cudaProblem: null };
const both = { devices: ["cpu", "metal"] } as const;
const cuda = { devices: ["cpu", "cuda"] } as const;
const vulkanLibrary = { name: "transcribe-cpp-vulkan", file: null };
const vulkan = { devices: ["cpu", "vulkan"], vulkanLibrary } as const;
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

test("the device auto is Vulkan on Linux and Windows with everything that Vulkan needs", () => {
  const ready = { ...linux, vulkanProblem: null };
  expect(usesGpu(vulkan, "auto", ready)).toBe(true);
  expect(usesGpu(vulkan, "auto", { ...ready, platform: "win32" })).toBe(true);
  expect(usesGpu(vulkan, "auto", linux)).toBe(false);
  expect(usesGpu(vulkan, "auto", mac)).toBe(false);
  expect(gpuProblem(vulkan, linux)).toBe(vulkanProblem);
});

test("a GPU with Vulkan needs another library than the CPU", () => {
  const ready = { ...linux, vulkanProblem: null };
  expect(libraryForGpu(vulkan, "auto", ready)).toEqual(vulkanLibrary);
  expect(libraryForGpu(vulkan, "cpu", ready)).toBeNull();
  expect(libraryForGpu(vulkan, "auto", linux)).toBeNull();
  expect(libraryForGpu(cuda, "auto", linuxWithCuda)).toBeNull();
});

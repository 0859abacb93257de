import { expect, test } from "bun:test";
import { devicesOf, usesGpu } from "../../../src/models/backends/device.ts";

const mac = { platform: "darwin", arch: "arm64" };
const linux = { platform: "linux", arch: "x64" };
const both = { devices: ["cpu", "metal"] } as const;
const cpuOnly = { devices: ["cpu"] } as const;

test("the device auto is Metal on Apple silicon if the backend supports it, otherwise the CPU", () => {
  expect(usesGpu(both, "auto", mac)).toBe(true);
  expect(usesGpu(cpuOnly, "auto", mac)).toBe(false);
  expect(usesGpu(both, "auto", linux)).toBe(false);
  expect(usesGpu(both, "auto", { platform: "darwin", arch: "x64" })).toBe(false);
});

test("the device cpu is always the CPU", () => {
  expect(usesGpu(both, "cpu", mac)).toBe(false);
});

test("a backend lists only devices of this machine", () => {
  expect(devicesOf(both, linux)).toEqual(["cpu"]);
  expect(devicesOf(both, mac)).toEqual(["cpu", "metal"]);
});

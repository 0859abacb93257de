import { expect, test } from "bun:test";
import { devicesOf, usesGpu } from "../../../src/models/backends/device.ts";

const mac = { platform: "darwin", arch: "arm64" };
const linux = { platform: "linux", arch: "x64" };
const both = { devices: ["cpu", "metal"] } as const;
const cpuOnly = { devices: ["cpu"] } as const;

test("auto takes Metal on Apple silicon when the backend has it, else the CPU", () => {
  expect(usesGpu(both, "auto", mac)).toBe(true);
  expect(usesGpu(cpuOnly, "auto", mac)).toBe(false);
  expect(usesGpu(both, "auto", linux)).toBe(false);
  expect(usesGpu(both, "auto", { platform: "darwin", arch: "x64" })).toBe(false);
});

test("cpu forces the CPU", () => {
  expect(usesGpu(both, "cpu", mac)).toBe(false);
});

test("only devices of this machine are listed", () => {
  expect(devicesOf(both, linux)).toEqual(["cpu"]);
  expect(devicesOf(both, mac)).toEqual(["cpu", "metal"]);
});

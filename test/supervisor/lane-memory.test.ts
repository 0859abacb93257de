/** Tests the number of lanes that can run within the memory limit of a model's runner. */
import { expect, test } from "bun:test";
import type { Backend } from "../../src/models/backends/backend.ts";
import { mlxBackends } from "../../src/models/backends/mlx.ts";
import { oneLaneBytes } from "../../src/models/backends/one-lane-bytes.ts";
import { whisperFacts } from "../../src/models/backends/whisper.ts";
import { physicalCores } from "../../src/platform/physical-cores.ts";
import { cpuLanes, lanesThatFit } from "../../src/supervisor/lane-memory.ts";

const baseBytes = 82e6;

test.each([
  // A process in a container with 1 GiB may use 80 % of this memory. A runner with two lanes had a measured peak of 667
  // MB.
  [baseBytes, 0.8 * 1024 ** 3, 2],
  [baseBytes, 24e9, 106],
  [1.6e9, 16e9, 8],
])("a model of %d bytes gets, in %d bytes of memory, %d lanes", (fileBytes, bytesMax, lanes) => {
  expect(lanesThatFit(whisperFacts.memory, fileBytes, bytesMax)).toBe(lanes);
});

test("the estimated number of lanes is at most the measured one, and reaches it with 20 % more memory", () => {
  // Pairs of a number of lanes and the measured peak memory, for the model base with 8-bit weights in whisper.cpp.
  for (const [lanes, peakBytes] of [
    [1, 473e6],
    [2, 667e6],
    [4, 1069e6],
  ] as const) {
    expect(lanesThatFit(whisperFacts.memory, baseBytes, peakBytes)).toBeLessThanOrEqual(lanes);
    expect(lanesThatFit(whisperFacts.memory, baseBytes, 1.2 * peakBytes)).toBeGreaterThanOrEqual(
      lanes,
    );
  }
});

test("the lanes of MLX share the weights, which a CPU converts to a type of twice the size", () => {
  const [{ memory }] = mlxBackends({ mlxLibrary: "/libasr_mlx.so" }) as [Backend];
  // Pairs of a number of lanes and the measured peak memory, for tiny.en with a file of 16-bit weights.
  const tinyBytes = 75e6;
  for (const [lanes, peakBytes] of [
    [1, 369e6],
    [2, 425e6],
    [4, 500e6],
  ] as const) {
    expect(lanesThatFit(memory, tinyBytes, peakBytes)).toBeLessThanOrEqual(lanes);
    expect(lanesThatFit(memory, tinyBytes, 1.5 * peakBytes)).toBeGreaterThanOrEqual(lanes);
  }
  expect(oneLaneBytes(memory, tinyBytes)).toBeGreaterThan(369e6);
  // A file of large-v3 in 16 bits.
  expect(oneLaneBytes(memory, 3e9)).toBeGreaterThan(6e9);
});

test("a model that hardly fits, or does not fit, gets one lane", () => {
  expect(lanesThatFit(whisperFacts.memory, baseBytes, 300e6)).toBe(1);
  expect(lanesThatFit(whisperFacts.memory, 3e9, 1e9)).toBe(1);
});

test("a backend that computes its lanes together has its own number of lanes, unless memory is short", () => {
  const { memory } = whisperFacts;
  expect(cpuLanes({ memory, lanes: 12 }, baseBytes, 100e9)).toBe(12);
  expect(cpuLanes({ memory, lanes: 12 }, baseBytes, 300e6)).toBe(1);
  expect(cpuLanes({ memory }, baseBytes, 100e9)).toBe(physicalCores());
  expect(cpuLanes({ memory, lanesPerCore: 4 }, baseBytes, 100e9)).toBe(4 * physicalCores());
  expect(cpuLanes({ memory, lanesPerCore: 4 }, baseBytes, 300e6)).toBe(1);
});

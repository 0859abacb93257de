/** As many lanes as a model's process has memory for. */
import { expect, test } from "bun:test";
import { whisperFacts } from "../../src/models/backends/whisper.ts";
import { lanesThatFit } from "../../src/supervisor/lane-memory.ts";

const baseBytes = 82e6;

test.each([
  // A container of 1 GiB, of which a process may have 80 %; its peak with two lanes was 667 MB.
  [baseBytes, 0.8 * 1024 ** 3, 2],
  [baseBytes, 24e9, 106],
  [1.6e9, 16e9, 8],
])("%d bytes of a model in %d bytes of memory are given %d", (fileBytes, bytesMax, lanes) => {
  expect(lanesThatFit(whisperFacts.memory, fileBytes, bytesMax)).toBe(lanes);
});

test("there are no more lanes than were measured in as much memory, and hardly fewer", () => {
  // The peaks of base, eight bits, whisper.cpp, by its lanes.
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

test("a model that hardly fits, or does not, has one lane", () => {
  expect(lanesThatFit(whisperFacts.memory, baseBytes, 300e6)).toBe(1);
  expect(lanesThatFit(whisperFacts.memory, 3e9, 1e9)).toBe(1);
});

import { expect, test } from "bun:test";
import { snapSegment, snapToSpeech } from "../../../src/runner/whisper/speech-snap.ts";

const speech = [
  { startS: 1, endS: 2 },
  { startS: 3.5, endS: 5 },
];

test.each([
  ["begins in the pause before its speech", [2.2, 4], [3.5, 4]],
  ["begins at the very end of the speech before the pause", [1.95, 4], [3.5, 4]],
  ["ends in the pause after its speech", [1.5, 3], [1.5, 2]],
  ["ends at the very beginning of the speech after the pause", [1.5, 3.55], [1.5, 2]],
  ["lies in speech (no change)", [1.2, 1.8], [1.2, 1.8]],
  ["lies in a pause (no change)", [2.2, 3], [2.2, 3]],
  ["has a pause inside", [1.5, 4], [3.5, 4]],
])("snapToSpeech() corrects the times of a word that %s", (_, [startS, endS], [fromS, toS]) => {
  const word = { text: "what", startS: startS!, endS: endS! };
  expect(snapToSpeech(word, speech)).toEqual({ text: "what", startS: fromS!, endS: toS! });
});

test("a segment starts and ends with its words", () => {
  const words = [
    { text: "so", startS: 0.2, endS: 1.5 },
    { text: "what", startS: 4, endS: 6 },
  ];
  const snapped = snapSegment({ startS: 0, endS: 7, tokens: [], words }, speech);
  expect([snapped.startS, snapped.endS]).toEqual([1, 5]);
});

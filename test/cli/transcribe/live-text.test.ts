/** Tests the text that is printed while segments arrive. */
import { expect, test } from "bun:test";
import { layOut, LiveText } from "../../../src/cli/transcribe/live-text.ts";
import type { Transcript } from "../../../src/transcript/transcript.ts";
import { formats } from "../../../src/transcript/format.ts";
import { plainFacts } from "../../transcript/plain-facts.ts";

const segments = [" And so,", "   ", " my fellow \n", " Americans. ", " "].map((text, id) => ({
  id,
  text,
  startS: id,
  endS: id + 1,
  ...plainFacts,
}));
const text = segments
  .map((segment) => segment.text)
  .join("")
  .trim();
const transcript: Transcript = {
  task: "transcribe",
  text,
  language: "en",
  durationS: 5,
  segments,
  words: null,
};

test("the layout `whole` has the same text as the format text", () => {
  const live = new LiveText("whole");
  const pieces = segments.map((segment) => live.add(segment));
  expect(pieces.slice(0, 2)).toEqual(["And so,", ""]);
  expect(live.isInLine).toBe(true);
  const words = (from: string) => from.replace(/\s+/g, " ").trim();
  expect(words(pieces.join(""))).toBe(words(formats.text.render(transcript, new Set())));
  expect(pieces.join("")).toEndWith("Americans.");
  expect(live.end()).toBe("\n");
});

test("the layouts `lines` and `times` have a line for each segment with text", () => {
  expect(layOut(transcript, "lines")).toBe("And so,\nmy fellow\nAmericans.\n");
  expect(layOut(transcript, "times").split("\n")[1]).toBe(
    "[00:00:02.000 --> 00:00:03.000] my fellow",
  );
});

test("segments without text give an empty text", () => {
  for (const layout of ["whole", "lines", "times"] as const) {
    expect(layOut({ ...transcript, segments: [] }, layout)).toBe("");
  }
});

/**
 * Tests the estimate of the total length of the audio. For files that are not open yet, the length is estimated from
 * their sizes.
 */
import { expect, test } from "bun:test";
import { AudioTotals } from "../../../src/cli/transcribe/audio-totals.ts";

const file = (path: string, bytes: number) => ({ path, bytes });

test("the total is unknown until the length of one file is known", () => {
  const totals = new AudioTotals([file("a.mp3", 100), file("b.mp3", 300)]);
  expect(totals.totalS).toBeNull();
  totals.progress(0, { doneS: 0, totalS: 10 });
  expect(totals).toMatchObject({ doneS: 0, totalS: 40, isEstimate: true });
  totals.progress(1, { doneS: 5, totalS: 20 });
  expect(totals).toMatchObject({ doneS: 5, totalS: 30, isEstimate: false });
});

test("each extension has its own bit rate; an extension without a known file has the bit rate of all known files", () => {
  const totals = new AudioTotals([
    file("a.mp3", 100),
    file("b.MP3", 200),
    file("a.wav", 1000),
    file("b.wav", 3000),
    file("a.ogg", 110),
  ]);
  totals.progress(0, { doneS: 0, totalS: 100 });
  totals.progress(2, { doneS: 0, totalS: 10 });
  // mp3: one file has 100 s, and the other file is estimated as 200 s. wav: one file has 10 s, and the other file is
  // estimated as 30 s. ogg: the file is estimated as 11 s, because the two known files have 10 bytes per second.
  expect(totals.totalS).toBeCloseTo(300 + 40 + 11, 5);
});

test("the real length replaces the length in the header, and a file that failed does not count", () => {
  const totals = new AudioTotals([file("a.mp3", 100), file("b.mp3", 100), file("c.mp3", 100)]);
  totals.progress(0, { doneS: 3, totalS: 10 });
  totals.finish(0, 12);
  expect(totals).toMatchObject({ doneS: 12, totalS: 36 });
  totals.progress(1, { doneS: 6, totalS: 20 });
  totals.drop(1);
  expect(totals).toMatchObject({ doneS: 12, totalS: 24 });
  totals.drop(2);
  expect(totals).toMatchObject({ doneS: 12, totalS: 12, isEstimate: false });
});

test("a pipe, whose size is unknown, counts when its length is known", () => {
  const totals = new AudioTotals([file("-", 0), file("a.mp3", 100)]);
  totals.progress(0, { doneS: 2, totalS: null });
  expect(totals).toMatchObject({ doneS: 2, totalS: null });
  totals.finish(0, 8);
  expect(totals).toMatchObject({ doneS: 8, totalS: 8 });
  totals.progress(1, { doneS: 0, totalS: 4 });
  expect(totals.totalS).toBe(12);
});

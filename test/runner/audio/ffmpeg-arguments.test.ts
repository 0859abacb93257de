import { expect, test } from "bun:test";
import { canSeek, decodeArguments } from "../../../src/runner/audio/ffmpeg/arguments.ts";

const file = {
  demuxer: "matroska",
  track: 2,
  tracks: 3,
  sampleRate: 16_000,
  durationSMax: 10,
} as const;

test("ffmpeg may use only one demuxer, and only its standard input", () => {
  const written = decodeArguments(file, true).join(" ");
  expect(written).toContain("-protocol_whitelist fd -format_whitelist matroska -f matroska -i fd:");
  expect(written).toContain("-map 0:a:1 ");
  expect(written).toContain("-t 11 ");
});

test("an ffmpeg that cannot seek in its input copies the input first", () => {
  const written = decodeArguments({ ...file, track: null }, false).join(" ");
  expect(written).toContain("-protocol_whitelist cache,pipe ");
  expect(written).toContain("-i cache:pipe:0 ");
  expect(written).not.toContain("-map 0");
  expect(written).toEndWith(" pipe:1");
});

test("the protocol fd shows that ffmpeg can seek in its input", () => {
  expect(canSeek("Input:\n  data\n  fd\n  file\n")).toBe(true);
  expect(canSeek("Input:\n  data\n  file\n  sftp\n")).toBe(false);
});

/**
 * Tests the progress of a download. On a terminal, the progress is one line that fits the width of the terminal. On any
 * other output, the progress is lines of text at intervals.
 */
import { describe, expect, test } from "bun:test";
import { DownloadProgress } from "../../src/cli/download-progress.ts";
import type { ModelDownload } from "../../src/jobs/job.ts";
import { until } from "../e2e/server.ts";

const totalBytes = 500e6;
const at = (bytes: number): ModelDownload => ({ state: "downloading", bytes, totalBytes });

/**
 * Creates a DownloadProgress with a clock that the test sets. The output is a terminal with `columns` columns, or a
 * file when `columns` is null.
 */
function open(columns: number | null) {
  const terminal = {
    isTTY: columns !== null,
    columns: columns ?? 0,
    text: "",
    write: (text: string) => (terminal.text += text),
  };
  const clock = { ms: 0 };
  const progress = new DownloadProgress("large-v3-turbo", { terminal, now: () => clock.ms });
  return {
    progress,
    clock,
    /** Reports a download at `bytesPerS` bytes per second for `seconds` seconds, ten times per second. */
    run: (seconds: number, bytesPerS: number, from = 0): void => {
      for (let tenths = 0; tenths <= seconds * 10; tenths += 1) {
        progress.update(at(from + (bytesPerS * tenths) / 10));
        clock.ms += 100;
      }
    },
    lines: () => Bun.stripANSI(terminal.text.replaceAll("\r\u001B[K", "\n")).split("\n"),
  };
}

describe("a terminal", () => {
  test.each([
    [40, "large-v3-… 100 MB of 500 MB 40 s left"],
    [60, "large-v3-turbo 100 MB of 500 MB 10 MB/s 40 s left"],
    [120, "######------------------------ large-v3-turbo 100 MB of 500 MB 10 MB/s 40 s left"],
  ])("of %d columns has the amount and what fits", (columns, line) => {
    const { run, lines } = open(columns);
    run(10, 10e6);
    for (const shown of lines()) expect(Bun.stringWidth(shown)).toBeLessThanOrEqual(columns - 3);
    expect(lines().at(-1)).toBe(line);
  });

  test("has the speed of the last seconds", () => {
    const { run, lines } = open(120);
    run(20, 20e6);
    run(10, 1e6, 400e6);
    expect(lines().at(-1)).toEndWith(" 410 MB of 500 MB 1.0 MB/s 90 s left");
  });

  test("has the last bytes when nothing more arrives", async () => {
    const { progress, clock, lines } = open(80);
    progress.update(at(0));
    progress.update(at(5e6));
    expect(lines().at(-1)).toContain("0 bytes of 500 MB");
    clock.ms += 1000;
    await until("the timer has shown it", () => lines().at(-1)!.includes("5 MB of 500 MB"));
    progress[Symbol.dispose]();
  });

  test("has a new line at most ten times a second, and nothing after the end", () => {
    const { progress, lines } = open(80);
    for (let bytes = 0; bytes < 1000; bytes += 1) progress.update(at(bytes));
    expect(lines()).toHaveLength(2);
    progress[Symbol.dispose]();
    progress.update(at(totalBytes));
    expect(lines().at(-1)).toBe("");
  });
});

describe("a file", () => {
  test("has a line at the start and every ten seconds", () => {
    const { run, lines, progress } = open(null);
    progress.update({ state: "listing", bytes: 0, totalBytes: 0 });
    run(25, 10e6);
    progress.finish();
    expect(lines()).toEqual([
      "open-asr-server: downloading large-v3-turbo: 0 % of 500 MB",
      "open-asr-server: downloading large-v3-turbo: 20 % of 500 MB, 10 MB/s, 40 s left",
      "open-asr-server: downloading large-v3-turbo: 40 % of 500 MB, 10 MB/s, 30 s left",
      "open-asr-server: downloading large-v3-turbo: done, 500 MB",
      "",
    ]);
  });

  test("has a line while another process downloads", () => {
    const { progress, lines } = open(null);
    for (let polls = 0; polls < 20; polls += 1) {
      progress.update({ state: "waiting", bytes: 0, totalBytes });
    }
    expect(lines()).toHaveLength(2);
    expect(lines()[0]).toContain("waiting for another process");
  });

  test("has nothing when all files are there already", () => {
    const { progress, lines } = open(null);
    progress.update({ state: "listing", bytes: 0, totalBytes: 0 });
    progress.update(at(totalBytes));
    progress.finish();
    expect(lines()).toEqual([""]);
  });
});

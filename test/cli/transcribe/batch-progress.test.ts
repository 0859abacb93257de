/** Tests the progress line for several files: the counter, the name of a file, the speed and the remaining time. */
import { expect, test } from "bun:test";
import { BatchProgress } from "../../../src/cli/transcribe/batch-progress.ts";
import { ProgressLine } from "../../../src/cli/progress-line.ts";

function open(names: readonly string[]) {
  let text = "";
  let nowMs = 0;
  const terminal = { isTTY: true, columns: 80, write: (one: string) => (text += one) };
  const files = names.map((path) => ({ path, bytes: 100 }));
  const progress = new BatchProgress(files, new ProgressLine(terminal), () => nowMs);
  return {
    progress,
    wait: (seconds: number) => (nowMs += seconds * 1000),
    /** Returns the latest progress line without its bar. */
    line: () => Bun.stripANSI(text.split("\r\u001B[K").at(-1)!).replace(/[#-]{12} /u, ""),
  };
}

test("the line names the file that has run longest, and counts the files that have ended", () => {
  const { progress, line } = open(["x/a.mp3", "b.mp3", "c.mp3"]);
  progress.start(0);
  expect(line()).toBe("1 of 3 a.mp3");
  progress.start(1);
  progress.update(1, { doneS: 0, totalS: 10 });
  expect(line()).toBe("1 of 3 a.mp3 0 s of ~30 s");
  progress.end(1, 10);
  expect(line()).toBe("2 of 3 a.mp3 10 s of ~30 s");
  progress.start(2);
  progress.end(0, null);
  expect(line()).toBe("3 of 3 c.mp3 10 s of ~20 s");
});

test("the speed and the remaining time count from the first progress, so the load of the model does not count", () => {
  const { progress, line, wait } = open(["a.mp3", "b.mp3"]);
  progress.start(0);
  wait(100);
  progress.update(0, { doneS: 0, totalS: 100 });
  wait(1);
  progress.update(0, { doneS: 10, totalS: 100 });
  expect(line()).toBe("1 of 2 a.mp3 10 s of ~200 s");
  wait(3);
  progress.update(0, { doneS: 40, totalS: 100 });
  expect(line()).toBe("1 of 2 a.mp3 40 s of ~200 s 10x 16 s left");
});

test("nothing is shown while standard output has a line that is not complete", () => {
  const { progress, line } = open(["a.mp3"]);
  progress.start(0);
  progress.clear();
  progress.isHeld = true;
  progress.update(0, { doneS: 5, totalS: 10 });
  expect(line()).toBe("");
  progress.isHeld = false;
  progress.update(0, { doneS: 6, totalS: 10 });
  expect(line()).toBe("a.mp3 6 s of 10 s");
});

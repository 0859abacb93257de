/** Tests that the progress line fits the width of the terminal. */
import { expect, test } from "bun:test";
import { ProgressLine } from "../../src/cli/progress-line.ts";

class Terminal {
  readonly isTTY = true;
  readonly columns: number;
  text = "";

  /** `columns` is the width of the terminal. 0 means that the terminal does not report its width. */
  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): void {
    this.text += text;
  }
  /** Returns the text of each update of the progress line. */
  get lines(): string[] {
    return this.text.split("\r\u001B[K").slice(1);
  }
}

const progress = { doneS: 1234.4, totalS: 7200 };

test.each([
  ["a short name", "talk.mp3"],
  ["a long name", "/folder/the recording of the meeting of last Tuesday, second part.flac"],
  ["wide characters", "/f/会議の録音、先週の火曜日、第二部、東京.flac"],
  ["combining characters", `${"e\u0301\u0323".repeat(60)}.wav`],
  ["emoji of several code points", `${"👩‍👩‍👧‍👦".repeat(30)}.wav`],
  ["control characters", "a\nb\r\u001B[2Jc\u202Ed.wav"],
  ["bytes that are not UTF-8", "caf\udce9.flac"],
])("%s leaves room for ^C at every width", (_what, name) => {
  for (const columns of [1, 5, 10, 20, 30, 40, 62, 80, 93, 120, 200]) {
    const terminal = new Terminal(columns);
    const line = new ProgressLine(terminal);
    line.show({ name, number: 3, count: 14 }, null);
    line.show({ name, number: 3, count: 14 }, progress);
    for (const shown of terminal.lines) {
      expect(Bun.stringWidth(shown)).toBeLessThanOrEqual(Math.max(0, columns - 3));
      for (const control of ["\n", "\r", "\u202E", "\u001B[2J"]) {
        expect(shown).not.toContain(control);
      }
      expect(shown.isWellFormed()).toBe(true);
    }
  }
});

test("the line has the number of the file, a bar if the terminal is wide enough, the name and the times", () => {
  const narrow = new Terminal(40);
  new ProgressLine(narrow).show({ name: "f/a long name.flac", number: 3, count: 14 }, progress);
  expect(narrow.lines).toEqual(["3 of 14 a long name… 1234 s of 7200 s"]);
  const wide = new Terminal(120);
  new ProgressLine(wide).show({ name: "talk.mp3", number: 1, count: 1 }, progress);
  expect(Bun.stripANSI(wide.lines[0]!)).toBe(
    "#####------------------------- talk.mp3 1234 s of 7200 s",
  );
  const unknown = new Terminal(0);
  new ProgressLine(unknown).show({ name: "a", number: 1, count: 1 }, { doneS: 0, totalS: null });
  expect(Bun.stripANSI(unknown.lines[0]!)).toEndWith(" a 0 s of ? s");
});

test("the line has the speed and the remaining time if the terminal is wide enough; the speed is left out first", () => {
  const known = { ...progress, isEstimate: true, speed: 8.13 };
  const shown = [120, 62, 40, 30].map((columns) => {
    const terminal = new Terminal(columns);
    new ProgressLine(terminal).show({ name: "talk.mp3", number: 3, count: 14 }, known);
    return Bun.stripANSI(terminal.lines[0]!).replace(/[#-]{12,} /u, "");
  });
  expect(shown).toEqual([
    "3 of 14 talk.mp3 1234 s of ~7200 s 8.1x 13 min left",
    "3 of 14 talk.mp3 1234 s of ~7200 s 8.1x 13 min left",
    "3 of 14 talk.mp3 13 min left",
    "3 of 14 talk.m… 13 min left",
  ]);
});

test("close() removes the line, and nothing is shown after it", () => {
  const terminal = new Terminal(80);
  const line = new ProgressLine(terminal);
  line.show({ name: "a", number: 1, count: 1 }, progress);
  line.close(false);
  line.show({ name: "a", number: 1, count: 1 }, progress);
  expect(terminal.lines.at(-1)).toBe("");
});

test("nothing is written when the output is not a terminal", () => {
  const file = { text: "", write: (text: string) => (file.text += text) };
  new ProgressLine(file).show({ name: "a", number: 1, count: 1 }, progress);
  expect(file.text).toBe("");
});

test("after an interruption, a line that was shown before is cleared, because the terminal may have printed ^C", () => {
  const written: string[] = [];
  const terminal = { isTTY: true, columns: 80, write: (text: string) => written.push(text) };
  new ProgressLine(terminal).close(true);
  expect(written).toEqual([]);
  const line = new ProgressLine(terminal);
  line.show({ name: "a", number: 1, count: 1 }, progress);
  line.clear();
  written.length = 0;
  line.close(true);
  expect(written).toEqual(["\r\u001B[K"]);
});

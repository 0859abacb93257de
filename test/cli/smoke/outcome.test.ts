/**
 * Tests the results of the command `smoke`: when a transcript counts as right, the line that shows each result, and the
 * exit code.
 */
import { expect, test } from "bun:test";
import { exitCodeOf, isRight, type Outcome, outcomeText } from "../../../src/cli/smoke/outcome.ts";

test("a text is right when at most one word in five is wrong", () => {
  expect(isRight({ wrong: 0, words: 7 })).toBe(true);
  expect(isRight({ wrong: 1, words: 7 })).toBe(true);
  expect(isRight({ wrong: 2, words: 7 })).toBe(false);
  expect(isRight({ wrong: 3, words: 15 })).toBe(true);
  expect(isRight({ wrong: 4, words: 15 })).toBe(false);
  expect(isRight({ wrong: 0, words: 0 })).toBe(true);
});

test("a line has both texts when a word is wrong, even if the transcript counts as right", () => {
  const common = { backend: "b", model: "m", sample: "s", seconds: 1, words: 6 } as const;
  const line = (status: "ok" | "differs", wrong: number, found: string) =>
    outcomeText({ ...common, status, wrong, expected: "a b c d e f", found });
  expect(line("ok", 0, "A b c d e f.")).toBe("ok         b:m s: 0 of 6 words wrong, 1.0 s\n");
  expect(line("ok", 1, "a b c d e g")).toBe(
    'ok         b:m s: 1 of 6 words wrong, 1.0 s: expected "a b c d e f", found "a b c d e g"\n',
  );
  expect(line("differs", 6, "\u001B[31mred\n")).toBe(
    'differs    b:m s: 6 of 6 words wrong, 1.0 s: expected "a b c d e f", found "\uFFFD[31mred\uFFFD"\n',
  );
});

test("the exit code is 0 when a model was tested, all are right, and the named backend is ready", () => {
  const tested = { backend: "b", model: "m", sample: "s" } as const;
  const counts = { words: 6, wrong: 0, seconds: 1, expected: "", found: "" } as const;
  const ok: Outcome = { ...tested, ...counts, status: "ok" };
  const differs: Outcome = { ...ok, status: "differs" };
  const failed: Outcome = { ...tested, status: "failed", reason: "" };
  const notReady: Outcome = { backend: "c", model: null, status: "not_ready", reason: "" };
  expect(exitCodeOf([ok, ok, notReady], null)).toBe(0);
  expect(exitCodeOf([ok, differs], null)).toBe(1);
  expect(exitCodeOf([ok, failed], null)).toBe(1);
  expect(exitCodeOf([notReady], null)).toBe(1);
  expect(exitCodeOf([ok, notReady], "c")).toBe(1);
  expect(exitCodeOf([], null)).toBe(1);
});

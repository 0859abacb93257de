import { expect, spyOn, test } from "bun:test";
import { createLog } from "../src/log.ts";

test("a log message is one line, whatever characters a client sends", () => {
  const lines: string[] = [];
  const log = createLog({ logLevel: "info", logFormat: "text" }, (line) => lines.push(line));
  log.error('Cannot load model "a\r\nb\u001b[2J\u2028"', { why: "c\nd\u009b" });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /error Cannot load model "a\\u000d\\u000ab\\u001b\[2J\\u2028" why="c\\nd\\u009b"\n$/,
  );
});

test("the log drops lines above 1 MiB while its reader stalls, and writes lines again when the reader continues", () => {
  const waiting: { readonly line: string; readonly done: () => void }[] = [];
  const stderr = spyOn(process.stderr, "write").mockImplementation(((
    line: string,
    done: () => void,
  ) => {
    waiting.push({ line, done });
    return false;
  }) as typeof process.stderr.write);
  try {
    const log = createLog({ logLevel: "info", logFormat: "text" });
    for (let n = 0; n < 2000; n += 1) log.info("x".repeat(1000));
    const characters = waiting.reduce((sum, { line }) => sum + line.length, 0);
    expect(characters).toBeWithin(1_000_000, 1024 * 1024 + 1);
    for (const { done } of waiting.splice(0)) done();
    log.info("heard again");
    expect(waiting.map(({ line }) => line)).toEqual([expect.stringContaining("heard again")]);
    for (const { done } of waiting.splice(0)) done();
  } finally {
    stderr.mockRestore();
  }
});

/** Tests the lists of symbols with which libraries for macOS are linked. */
import { expect, test } from "bun:test";
import { symbolsOfTbd, tbdText } from "../../vendor/macos/tbd.ts";

test("a written list contains the name for the loader, and the symbols with their underscore", () => {
  const text = tbdText("@rpath/libexample.dylib", ["first", "_ZN3two2goEv", "$dollar"]);
  expect(text).toContain("install-name: '@rpath/libexample.dylib'\n");
  expect(text).toContain("[ '_first', '__ZN3two2goEv', '_$dollar' ]");
  expect([...symbolsOfTbd(text)]).toEqual(["first", "_ZN3two2goEv", "$dollar"]);
});

test("symbolsOfTbd() reads lists of several lines, weak symbols and those of threads", () => {
  const text = `exports:
  - targets:         [ x86_64-macos, arm64-macos ]
    symbols:         [ '_$NSGetArgv', _abort,
                       _accept ]
    weak-symbols:    [ _weak ]
    thread-local-symbols: [ _local ]
    objc-classes:    [ _NSObject ]
`;
  expect([...symbolsOfTbd(text)]).toEqual(["$NSGetArgv", "abort", "accept", "weak", "local"]);
});

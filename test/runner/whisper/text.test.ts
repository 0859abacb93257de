/** Tokens hold bytes: which of them make whole characters together. */
import { expect, test } from "bun:test";
import { splitAtCharacters, tokensToText } from "../../../src/runner/whisper/text.ts";
import { modelOf } from "./model.ts";

const bytes = (...values: readonly number[]) => Uint8Array.of(...values);

interface Case {
  readonly name: string;
  readonly pieces: readonly (string | Uint8Array)[];
  readonly runs: string[];
}

test.each<Case>([
  {
    name: "characters that lie in several tokens are joined",
    pieces: [
      " ",
      bytes(0xe4, 0xbd),
      bytes(0xa0),
      "好",
      bytes(0xf0),
      bytes(0x9f),
      bytes(0x8e, 0x89),
    ],
    runs: [" ", "你", "好", "🎉"],
  },
  {
    name: "a token that ends one character and begins the next joins both",
    pieces: [bytes(0xe4, 0xbd), bytes(0xa0, 0xe5), bytes(0xa5, 0xbd), "。"],
    runs: ["你好", "。"],
  },
  {
    name: "a character that nothing completes stays alone",
    pieces: [" 你", bytes(0xe4, 0xbd), " the", " quick", " fox"],
    runs: [" 你", "\ufffd", " the", " quick", " fox"],
  },
  {
    name: "so does one in two tokens, and one that a new character cuts off",
    pieces: [bytes(0xe4), bytes(0xbd), "a", bytes(0xe4), "好", " b"],
    runs: ["\ufffd", "a", "\ufffd", "好", " b"],
  },
  {
    name: "bytes that begin no character stay alone",
    pieces: ["a", bytes(0xa0), bytes(0xff), " b", bytes(0xe0), bytes(0x80), "c"],
    runs: ["a", "\ufffd", "\ufffd", " b", "\ufffd\ufffd", "c"],
  },
  {
    name: "a character may be cut off at the end",
    pieces: [" a", bytes(0xe4, 0xbd)],
    runs: [" a", "\ufffd"],
  },
  { name: "nothing has no runs", pieces: [], runs: [] },
])("$name", ({ pieces, runs }) => {
  const tokens = pieces.map((_, id) => id);
  const found = splitAtCharacters(tokens, modelOf(pieces));
  expect(found.map(({ text }) => text)).toEqual(runs);
  const each = found.flatMap(({ from, to }) => tokens.slice(from, to));
  expect(each).toEqual(tokens);
});

test("a text joins bytes before it reads characters", () => {
  const model = modelOf([bytes(0xe2), bytes(0x82), bytes(0xac), "a"]);
  expect(tokensToText([3, 0, 1, 2, 3], model)).toBe("a€a");
  expect(tokensToText([3, 0, 1], model)).toBe("a\ufffd");
});

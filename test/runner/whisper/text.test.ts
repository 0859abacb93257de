/** Tests that splitAtCharacters() groups tokens so that each group contains only complete characters. */
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
    name: "joins the tokens of one character",
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
    name: "joins two characters if one token ends the first and begins the second",
    pieces: [bytes(0xe4, 0xbd), bytes(0xa0, 0xe5), bytes(0xa5, 0xbd), "。"],
    runs: ["你好", "。"],
  },
  {
    name: "leaves an incomplete character alone",
    pieces: [" 你", bytes(0xe4, 0xbd), " the", " quick", " fox"],
    runs: [" 你", "\ufffd", " the", " quick", " fox"],
  },
  {
    name: "leaves an incomplete character of two tokens alone, and one before a new character",
    pieces: [bytes(0xe4), bytes(0xbd), "a", bytes(0xe4), "好", " b"],
    runs: ["\ufffd", "a", "\ufffd", "好", " b"],
  },
  {
    name: "leaves bytes alone that cannot begin a character",
    pieces: ["a", bytes(0xa0), bytes(0xff), " b", bytes(0xe0), bytes(0x80), "c"],
    runs: ["a", "\ufffd", "\ufffd", " b", "\ufffd\ufffd", "c"],
  },
  {
    name: "leaves an incomplete character at the end alone",
    pieces: [" a", bytes(0xe4, 0xbd)],
    runs: [" a", "\ufffd"],
  },
  { name: "returns no groups for no tokens", pieces: [], runs: [] },
])("splitAtCharacters() $name", ({ pieces, runs }) => {
  const tokens = pieces.map((_, id) => id);
  const found = splitAtCharacters(tokens, modelOf(pieces));
  expect(found.map(({ text }) => text)).toEqual(runs);
  const each = found.flatMap(({ from, to }) => tokens.slice(from, to));
  expect(each).toEqual(tokens);
});

test("tokensToText() joins bytes before it decodes characters", () => {
  const model = modelOf([bytes(0xe2), bytes(0x82), bytes(0xac), "a"]);
  expect(tokensToText([3, 0, 1, 2, 3], model)).toBe("a€a");
  expect(tokensToText([3, 0, 1], model)).toBe("a\ufffd");
});

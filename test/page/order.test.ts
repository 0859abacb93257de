/** Tests the request that the web page sends for the options of the user. */
import { expect, test } from "bun:test";
import { orderOf } from "../../src/page/order.ts";
import { formOf, openApp } from "../http/app.ts";

const plain = {
  model: "",
  language: "",
  translate: false,
  keywords: "",
  prompt: "",
  vad: true,
  multilingual: false,
  channels: false,
};
const streamed = [
  ["stream", "true"],
  ["timestamp_granularities[]", "segment"],
  ["timestamp_granularities[]", "word"],
];
const model = (words: boolean) => ({
  id: "base",
  capabilities: {
    supports_prompt: true,
    supports_word_timestamps: words,
    supports_languages: ["en"],
  },
});

test("without choices, the server decides", () => {
  expect(orderOf(plain, null)).toEqual({
    path: "v1/audio/transcriptions",
    fields: [["response_format", "verbose_json"], ...streamed] as [string, string][],
  });
});

test("each choice is a field", () => {
  const { fields } = orderOf(
    {
      ...plain,
      model: "tiny",
      keywords: " Ann, Bob Lee,, ",
      prompt: " A talk. ",
      vad: false,
      channels: true,
      multilingual: true,
    },
    model(true),
  );
  expect(fields).toEqual([
    ["response_format", "verbose_json"],
    ["model", "tiny"],
    ["prompt", "A talk."],
    ["vad", "off"],
    ["channel", "each"],
    ["multilingual", "true"],
    ["stream", "true"],
    ["keywords[]", "Ann"],
    ["keywords[]", "Bob Lee"],
    ...streamed.slice(1),
  ] as [string, string][]);
});

test("a chosen language does not change in the recording", () => {
  const { fields } = orderOf({ ...plain, language: "de", multilingual: true }, null);
  expect(fields.map(([name]) => name)).not.toContain("multilingual");
});

test("a model without times of words is not asked for them", () => {
  expect(orderOf(plain, model(false)).fields).not.toContainEqual([
    "timestamp_granularities[]",
    "word",
  ]);
});

test("the server accepts all options together, on both routes", async () => {
  using app = openApp();
  const all = {
    ...plain,
    keywords: "Ann, Bob",
    prompt: "A talk.",
    vad: false,
    channels: true,
    multilingual: true,
  };
  for (const translate of [false, true]) {
    const { path, fields } = orderOf({ ...all, translate }, null);
    const body = formOf({ file: new File(["RIFF"], "talk.wav") });
    for (const [name, value] of fields) body.append(name, value);
    const response = await app.send(`/${path}`, { method: "POST", body });
    expect([translate, response.status, await response.text()]).toEqual([
      translate,
      200,
      expect.stringContaining(`"text":"And so, my fellow Americans"`),
    ]);
  }
});

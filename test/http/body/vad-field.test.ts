/**
 * Tests the request field `vad`. Its values have priority over those of the server. The error for an invalid value
 * contains the name of the parameter.
 */
import { expect, test } from "bun:test";
import { type VadOptions, vadDefaults } from "../../../src/ipc/vad.ts";
import { audio, errorOf, formOf, openApp, type TestAppOptions } from "../app.ts";

type Fields = readonly (readonly [name: string, value: string])[];

/** Returns the VAD options of the job for a request with these fields. */
async function vadOf(fields: Fields, settings: TestAppOptions["settings"] = {}) {
  using app = openApp({ settings });
  expect((await app.post(form(fields))).status).toBe(200);
  return app.jobs[0]!.options.vad;
}

function form(fields: Fields): FormData {
  const built = formOf({ file: audio() });
  for (const [name, value] of fields) built.append(name, value);
  return built;
}

const off = {
  vad: "off",
  "vad-threshold": "0.7",
  "vad-neg-threshold": "0.6",
  "vad-peak-threshold": "0.8",
};
const tuned: VadOptions = {
  ...vadDefaults,
  threshold: 0.7,
  negThreshold: 0.6,
  peakThreshold: 0.8,
};

for (const [what, fields, settings, expected] of [
  ["the server if the request has no field", [], {}, vadDefaults],
  ["the server if the request has no field, also when the server has it off", [], off, null],
  ["the server's tuned values if the request says on", [["vad", "on"]], off, tuned],
  ["the request if it says off", [["vad", "off"]], {}, null],
  ["the server's tuned values if the request has an empty object", [["vad", "{}"]], off, tuned],
  [
    "an object, and the server's values for absent members",
    [["vad", '{"min_silence_ms":500,"speech_pad_ms":0}']],
    off,
    { ...tuned, minSilenceMs: 500, speechPadMs: 0 },
  ],
  [
    "a threshold, which resets the other thresholds",
    [["vad", ' {"threshold": 0.3} ']],
    off,
    { ...tuned, threshold: 0.3, negThreshold: null, peakThreshold: null },
  ],
  [
    "an object with every member",
    [
      [
        "vad",
        JSON.stringify({
          threshold: 1,
          neg_threshold: 0.01,
          peak_threshold: 1,
          min_speech_ms: 10_000,
          min_silence_ms: 0,
          speech_pad_ms: 2000,
          max_speech_s: 7.5,
        }),
      ],
    ],
    {},
    {
      threshold: 1,
      negThreshold: 0.01,
      peakThreshold: 1,
      minSpeechMs: 10_000,
      minSilenceMs: 0,
      speechPadMs: 2000,
      maxSpeechS: 7.5,
    },
  ],
  [
    "one field per member, as OpenAI's clients send an object",
    [
      ["vad[threshold]", "0.6"],
      ["vad[min_silence_ms]", "500"],
      ["vad[max_speech_s]", ""],
    ],
    {},
    { ...vadDefaults, threshold: 0.6, minSilenceMs: 500 },
  ],
] as const satisfies readonly (readonly [string, Fields, object, VadOptions | null])[]) {
  test(`the job gets its VAD options from ${what}`, async () => {
    expect(await vadOf(fields, settings)).toEqual(expected);
  });
}

const whole = "a whole number from 0 to 10000";

for (const [fields, param, words] of [
  [[["vad", "perhaps"]], "vad", 'Cannot use the vad "perhaps": expected on, off or a JSON object'],
  [[["vad", "0.6"]], "vad", "expected on, off or a JSON object"],
  [[["vad", "null"]], "vad", "expected on, off or a JSON object"],
  [[["vad", "[0.6]"]], "vad", "expected on, off or a JSON object"],
  [[["vad", '{"threshold":0.6']], "vad", "expected on, off or a JSON object"],
  [[["vad", '{"threshold":0}']], "vad.threshold", "a number from 0.01 to 1"],
  [[["vad", '{"threshold":"0.6"}']], "vad.threshold", "a number from 0.01 to 1"],
  [[["vad", '{"threshold":null}']], "vad.threshold", "a number from 0.01 to 1"],
  [[["vad", '{"threshold":1e999}']], "vad.threshold", "a number from 0.01 to 1"],
  [[["vad", '{"min_silence_ms":1.5}']], "vad.min_silence_ms", whole],
  [[["vad", '{"min_speech_ms":-1}']], "vad.min_speech_ms", whole],
  [[["vad", '{"speech_pad_ms":2001}']], "vad.speech_pad_ms", "from 0 to 2000"],
  [[["vad", '{"max_speech_s":4}']], "vad.max_speech_s", "a number from 5 to 3600"],
  [[["vad", '{"treshold":0.6}']], "vad.treshold", "expected threshold, neg_threshold"],
  [[["vad", '{"__proto__":{}}']], "vad.__proto__", "expected threshold, neg_threshold"],
  [[["vad[threshold]", "loud"]], "vad.threshold", "a number from 0.01 to 1"],
  [[["vad[type]", "server_vad"]], "vad.type", "expected threshold, neg_threshold"],
  [[["vad", '{"neg_threshold":0.6}']], "vad.neg_threshold", "at most the threshold (0.5)"],
  [
    [
      ["vad[threshold]", "0.2"],
      ["vad[neg_threshold]", "0.3"],
    ],
    "vad.neg_threshold",
    "at most the threshold (0.2)",
  ],
  [
    [
      ["vad", "on"],
      ["vad", "off"],
    ],
    "vad",
    "sent more than once",
  ],
  [
    [
      ["vad[threshold]", "0.2"],
      ["vad[threshold]", "0.3"],
    ],
    "vad.threshold",
    "sent more than once",
  ],
  [
    [
      ["vad", "off"],
      ["vad[threshold]", "0.3"],
    ],
    "vad",
    "sent more than once",
  ],
] as const satisfies readonly (readonly [Fields, string, string])[]) {
  test(`the form ${fields.map((field) => field.join("=")).join(" ")} is rejected, and the error contains the parameter's name`, async () => {
    using app = openApp();
    const response = await app.post(form(fields));
    const error = await errorOf(response);
    expect(response.status).toBe(400);
    expect(error).toMatchObject({ code: "invalid_request", param });
    expect(error.message).toContain(words);
    expect(app.jobs).toBeEmpty();
  });
}

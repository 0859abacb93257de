import { expect, test } from "bun:test";
import { chooseCueLimits } from "../../src/transcript/cue-limits.ts";
import {
  formats,
  type Granularity,
  type ResponseFormat,
  responseFormats,
  timedLine,
} from "../../src/transcript/format.ts";
import type { Segment, Transcript } from "../../src/transcript/transcript.ts";

const segment: Segment = {
  id: 0,
  startS: 0,
  endS: 2.5,
  text: " And so,\nmy fellow",
  tokens: [400, 370],
  temperature: 0.2,
  avgLogprob: -0.25,
  compressionRatio: 0.9,
  noSpeechProb: 0.01,
  seekS: 0,
};

const transcript: Transcript = {
  task: "transcribe",
  text: "And so, my fellow R&B <fans> --> listen",
  language: "ht",
  durationS: 3661.0004,
  segments: [
    segment,
    { ...segment, id: 1, text: "  " },
    {
      ...segment,
      id: 2,
      // The start should be 33.86, but a float cannot represent the sum exactly. The end is not a whole number of
      // milliseconds.
      startS: 28.5 + 5.36,
      endS: 3660.9995,
      text: " R&B <fans> --> listen",
      seekS: 28.5,
    },
  ],
  words: [{ text: " And", startS: 0.1 + 0.2, endS: 0.5 }],
};

const silence: Transcript = {
  task: "transcribe",
  text: "",
  language: null,
  durationS: 30,
  segments: [],
  words: [],
};

function render(
  format: ResponseFormat,
  from = transcript,
  granularities: Granularity[] = ["segment"],
) {
  return formats[format].render(from, new Set(granularities));
}

test("json has the text and the seconds that OpenAI would bill", () => {
  expect(JSON.parse(render("json"))).toEqual({
    text: transcript.text,
    usage: { type: "duration", seconds: 3662 },
  });
});

test("a translation is in English and has no usage, as with OpenAI", () => {
  const english: Transcript = { ...transcript, task: "translate" };
  expect(JSON.parse(render("json", english))).toEqual({ text: transcript.text });
  const verbose: Record<string, unknown> = JSON.parse(render("verbose_json", english));
  expect(verbose).toMatchObject({ task: "translate", language: "english" });
  expect(verbose).not.toHaveProperty("usage");
});

test("json has its usage in tokens, and languages, for the model names for which OpenAI returns them", () => {
  const extras = { usageInTokens: true, languages: true };
  const json = (from: Transcript) =>
    JSON.parse(formats.json.render(from, new Set(), null, extras)) as Record<string, unknown>;
  const tokens = transcript.segments.reduce((sum, one) => sum + one.tokens.length, 0);
  const input = { audioFrames: 500, promptTokens: 12 };
  expect(json({ ...transcript, input })).toEqual({
    text: transcript.text,
    languages: [{ code: "ht" }],
    usage: {
      type: "tokens",
      input_tokens: 512,
      input_token_details: { text_tokens: 12, audio_tokens: 500 },
      output_tokens: tokens,
      total_tokens: 512 + tokens,
    },
  });
  // If the transcript has no number of audio frames, the usage is in seconds instead of tokens.
  expect(json(transcript)["usage"]).toEqual({ type: "duration", seconds: 3662 });
  expect(json(silence)["languages"]).toEqual([]);
});

test("text has only the text", () => {
  expect(render("text")).toBe(transcript.text);
});

test("srt numbers its cues from 1, and their text has one line and no arrow", () => {
  expect(render("srt")).toMatchInlineSnapshot(`
    "1
    00:00:00,000 --> 00:00:02,500
    And so, my fellow

    2
    00:00:33,860 --> 01:01:01,000
    R&B <fans> → listen

    "
  `);
});

test("vtt starts with its header and escapes markup", () => {
  expect(render("vtt")).toMatchInlineSnapshot(`
    "WEBVTT

    00:00:00.000 --> 00:00:02.500
    And so, my fellow

    00:00:33.860 --> 01:01:01.000
    R&amp;B &lt;fans&gt; --&gt; listen
    "
  `);
});

test("tsv has the milliseconds and the text of each segment, as OpenAI's whisper writes it", () => {
  const tabbed = {
    ...transcript,
    segments: [...transcript.segments, { ...segment, text: " a\tb" }],
  };
  expect(formats.tsv.render(tabbed, new Set())).toBe(
    "start\tend\ttext\n" +
      "0\t2500\tAnd so, my fellow\n" +
      "33860\t3661000\tR&B <fans> --> listen\n" +
      "0\t2500\ta b\n",
  );
});

test("a line of text with times has no line break", () => {
  expect(timedLine(segment)).toBe("[00:00:00.000 --> 00:00:02.500] And so, my fellow");
});

test("limited cues keep the escapes of their format", () => {
  const limits = chooseCueLimits({ lineWidthMax: 12 });
  const { srt, vtt } = formats;
  const marked = { ...silence, segments: [{ ...segment, text: " R&B <fans> --> listen" }] };
  expect(srt.render(marked, new Set(), limits)).toContain("R&B <fans>\n→ listen\n\n");
  expect(vtt.render(marked, new Set(), limits)).toContain("R&amp;B &lt;fans&gt;\n--&gt; listen\n");
});

test("times are rounded to the nearest millisecond, not truncated", () => {
  for (let ms = 0; ms < 200_000; ms += 7) {
    const [, shown] = /^1\n(\S+) /.exec(
      render("srt", { ...silence, segments: [{ ...segment, startS: ms / 1000 }] }),
    )!;
    const [hours, minutes, seconds, fraction] = shown!.split(/[:,]/).map(Number);
    expect(((hours! * 60 + minutes!) * 60 + seconds!) * 1000 + fraction!).toBe(ms);
  }
});

test("verbose_json has OpenAI's fields, each with a real value", () => {
  expect(JSON.parse(render("verbose_json"))).toEqual({
    task: "transcribe",
    language: "haitian creole",
    duration: 3661,
    text: transcript.text,
    segments: [
      {
        id: 0,
        seek: 0,
        start: 0,
        end: 2.5,
        text: " And so,\nmy fellow",
        tokens: [400, 370],
        temperature: 0.2,
        avg_logprob: -0.25,
        compression_ratio: 0.9,
        no_speech_prob: 0.01,
      },
      expect.objectContaining({ id: 1 }),
      expect.objectContaining({ id: 2, seek: 2850, start: 33.86, end: 3661 }),
    ],
    usage: { type: "duration", seconds: 3662 },
  });
});

test("verbose_json has words, segments or both, as requested", () => {
  const words = JSON.parse(render("verbose_json", transcript, ["word"]));
  expect(words.words).toEqual([{ word: "And", start: 0.3, end: 0.5 }]);
  expect(words).not.toHaveProperty("segments");
  const both = JSON.parse(render("verbose_json", transcript, ["word", "segment"]));
  expect(both).toHaveProperty("words");
  expect(both.segments).toHaveLength(3);
});

test("the empty transcript is valid in every format", () => {
  expect(responseFormats.map((format) => render(format, silence, ["word", "segment"]))).toEqual([
    '{"text":"","usage":{"type":"duration","seconds":30}}',
    "",
    "",
    "WEBVTT\n",
    '{"task":"transcribe","language":"unknown","duration":30,"text":"","words":[],"segments":[],' +
      '"usage":{"type":"duration","seconds":30}}',
  ]);
});

test("verbose_json omits only the no-speech probability, if it is unknown", () => {
  const { noSpeechProb: _, ...known } = segment;
  const segments = [segment, { ...known, seekS: 28.5 }];
  const answer = JSON.parse(render("verbose_json", { ...transcript, segments }));
  expect(answer.segments[0]).toHaveProperty("no_speech_prob", 0.01);
  expect(answer.segments[1]).toEqual({
    id: 0,
    seek: 2850,
    start: 0,
    end: 2.5,
    text: segment.text,
    tokens: [400, 370],
    temperature: 0.2,
    avg_logprob: -0.25,
    compression_ratio: 0.9,
  });
});

test("cues have a duration and are in order, whatever the times of the words are", () => {
  const random = (max: number): number => Math.random() * max;
  for (let round = 0; round < 300; round++) {
    const names = Array.from({ length: 1 + Math.floor(random(12)) }, (_, i) => ` word${i}`);
    const startS = random(5);
    const words = names.map((text) => {
      const at = random(2) < 1 ? 9 : random(20);
      return { text, startS: at, endS: at + (random(2) < 1 ? 0 : random(3)) };
    });
    const segments = [{ ...segment, startS, endS: startS + random(4), text: names.join("") }];
    for (const limits of [undefined, chooseCueLimits({ lineWidthMax: 12, linesMax: 1 })]) {
      const text = formats.vtt.render({ ...silence, segments, words }, new Set(), limits);
      const times = [...text.matchAll(/(\d\d):(\d\d)\.(\d{3}) --> \d\d:(\d\d):(\d\d)\.(\d{3})/g)];
      let lastMs = 0;
      for (const [, ...parts] of times) {
        const [m1, s1, ms1, m2, s2, ms2] = parts.map(Number) as [
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        const [from, to] = [(m1 * 60 + s1) * 1000 + ms1, (m2 * 60 + s2) * 1000 + ms2];
        expect(from).toBeGreaterThanOrEqual(lastMs);
        expect(to).toBeGreaterThan(from);
        lastMs = to;
      }
      expect(times.length).toBeGreaterThan(0);
    }
  }
});

test("degenerate word times do not lead to a cue outside of its segment", () => {
  const words = [" one", " two", " three"].map((text) => ({ text, startS: 11, endS: 11 }));
  const segments = [{ ...segment, startS: 3, endS: 5, text: " one two three" }];
  const limits = chooseCueLimits({ lineWidthMax: 9, linesMax: 1 });
  const text = formats.srt.render({ ...silence, segments, words }, new Set(), limits);
  expect(text.match(/\S+ --> \S+/g)).toEqual([
    "00:00:03,000 --> 00:00:04,091",
    "00:00:04,091 --> 00:00:05,000",
  ]);
});

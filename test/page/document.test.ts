/** Tests the text of a file in the web page, and the files that the user saves. */
import { describe, expect, test } from "bun:test";
import type { Done } from "../../src/page/api/events.ts";
import { TranscriptDocument } from "../../src/page/transcript/document.ts";
import { exportFormats, exportName, isExportFormat } from "../../src/page/transcript/exports.ts";
import { formats } from "../../src/transcript/format.ts";
import { plainFacts } from "../transcript/plain-facts.ts";

const segments = [
  { start: 0, end: 2, text: " Hello Ann." },
  { start: 2, end: 3, text: "  " },
  { start: 3.5, end: 5, text: " How are you?" },
];
const words = [
  { word: "Hello", start: 0.1, end: 1 },
  { word: "Ann", start: 1, end: 2 },
  { word: "How", start: 3.5, end: 4 },
  { word: "are", start: 4, end: 4.5 },
  { word: "you", start: 4.5, end: 5 },
];
const done: Done = {
  type: "transcript.text.done",
  language: "english",
  duration: 6,
  segments,
  words,
};

function finished(last: Done = done): TranscriptDocument {
  const document = new TranscriptDocument();
  for (const segment of last.segments.slice(0, 1)) document.add(segment);
  document.finish(last);
  return document;
}

test("blank segments are left out, and segments that did not arrive before the end are added", () => {
  expect(finished().lines.map(({ text }) => text)).toEqual(["Hello Ann.", "How are you?"]);
});

test("each line has its words", () => {
  const document = finished();
  expect(document.words(0).map(({ word }) => word)).toEqual(["Hello", "Ann"]);
  expect(document.words(1).map(({ word, startS }) => [word, startS])).toEqual([
    ["How", 3.5],
    ["are", 4],
    ["you", 4.5],
  ]);
});

test("a correction made before the end of the transcription stays, with the times of the words", () => {
  const document = new TranscriptDocument();
  document.add(segments[0]!);
  document.edit(0, "Hello Anna.");
  document.finish(done);
  expect(document.lines[0]?.text).toBe("Hello Anna.");
  expect(document.words(0).map(({ word, endS }) => [word, endS])).toEqual([
    ["Hello", 1],
    ["Anna", 2],
  ]);
});

test("the words of channels that overlap stay apart", () => {
  const document = finished({
    ...done,
    segments: [
      { start: 0, end: 2, text: " yes", channel: 1 },
      { start: 0.5, end: 1, text: " no", channel: 2 },
    ],
    words: [
      { word: "no", start: 0.5, end: 1, channel: 2 },
      { word: "yes", start: 0.6, end: 2, channel: 1 },
    ],
  });
  expect(document.words(0).map(({ word }) => word)).toEqual(["yes"]);
  expect(document.words(1).map(({ word }) => word)).toEqual(["no"]);
});

test("the line of a time is the last that has begun", () => {
  const document = finished();
  expect([-1, 0, 3, 3.5, 99].map((timeS) => document.lineAt(timeS))).toEqual([-1, 0, 0, 1, 1]);
});

test("only a real change counts as an unsaved correction", () => {
  const document = finished();
  document.edit(0, "Hello Ann.");
  document.edit(7, "There is no such line.");
  expect(document.hasUnsavedEdits).toBe(false);
  document.edit(0, "Hello.");
  expect(document.hasUnsavedEdits).toBe(true);
});

describe("a saved file", () => {
  const server = {
    task: "transcribe",
    text: "",
    language: "en",
    durationS: 6,
    words: null,
    segments: segments.map(({ start, end, text }, id) => ({
      id,
      startS: start,
      endS: end,
      text,
      ...plainFacts,
    })),
  } as const;

  test.each(["srt", "vtt"] as const)("in %s equals the response of the server", (format) => {
    expect(exportFormats[format].render(finished())).toBe(
      formats[format].render(server, new Set()),
    );
  });

  test("contains the corrections, and no line without text", () => {
    const document = finished();
    document.edit(0, "Hello <Anna>.");
    expect(exportFormats.txt.render(document)).toBe("Hello <Anna>.\nHow are you?\n");
    expect(exportFormats.vtt.render(document)).toContain("Hello &lt;Anna&gt;.");
    document.edit(1, " ");
    for (const { render } of Object.values(exportFormats)) {
      expect(render(document)).toContain("Hello");
      expect(render(document)).not.toContain("How");
      expect(render(document)).not.toContain("3.5");
    }
  });

  test("in json has the text, the segments and the words", () => {
    const document = finished();
    document.edit(1, "How are they?");
    expect(JSON.parse(exportFormats.json.render(document))).toEqual({
      language: "english",
      duration: 6,
      text: "Hello Ann. How are they?",
      segments: [
        { id: 0, start: 0, end: 2, text: "Hello Ann." },
        { id: 1, start: 3.5, end: 5, text: "How are they?" },
      ],
      words: [...words.slice(0, 4), { word: "they", start: 4.5, end: 5 }],
    });
  });

  test("of a language without spaces has none in json", () => {
    const document = new TranscriptDocument();
    document.add({ start: 0, end: 1, text: "你好" });
    document.add({ start: 1, end: 2, text: "世界" });
    expect(JSON.parse(exportFormats.json.render(document))).toMatchObject({ text: "你好世界" });
  });

  test("names the channels", () => {
    const document = new TranscriptDocument();
    document.add({ start: 0, end: 1, text: " Hi", channel: 2 });
    expect(exportFormats.txt.render(document)).toBe("Channel 2: Hi\n");
    expect(exportFormats.vtt.render(document)).toContain("<v Channel 2>Hi");
  });

  test("has the name of the recording", () => {
    expect(exportName("talk.final.mp3", "srt")).toBe("talk.final.srt");
    expect(exportName(".mp3", "txt")).toBe(".mp3.txt");
    expect(exportName("talk", "json")).toBe("talk.json");
  });
});

test("only the names of formats are formats", () => {
  expect(["srt", "toString", undefined].map(isExportFormat)).toEqual([true, false, false]);
});

import { expect, test } from "bun:test";
import { publishable } from "../../src/cli/doctor/publishable.ts";
import { note } from "../../src/cli/doctor/probe.ts";

function published(text: string, home: string | null = "/home/ana"): string | undefined {
  const nothing = {
    system: null,
    cpu: null,
    memory: null,
    gpus: null,
    backends: null,
    ffmpeg: null,
    calibrations: null,
  };
  const report = { ...nothing, folders: [], model: null, settings: null, network: null };
  const findings = [note("model", text)];
  return publishable({ schema: 1, version: "1", ok: true, findings, ...report }, home).findings[0]
    ?.text;
}

test("the home folder is written as ~, also inside a text", () => {
  expect(published('"/home/ana/a.bin" is not in /home/ana')).toBe('"~/a.bin" is not in ~');
  expect(published("/home/anabel/a.bin")).toBe("/home/anabel/a.bin");
  expect(published("/home/ana", null)).toBe("/home/ana");
  expect(published("/tmp", "/")).toBe("/tmp");
});

test("URLs have no user names and passwords", () => {
  expect(published('HF_ENDPOINT is "ftp://ana:pw@hub.example/x"')).toBe(
    'HF_ENDPOINT is "ftp://hub.example/x"',
  );
  expect(published("see https://ana:p@w@hub.example/x")).toBe("see https://hub.example/x");
  expect(published("https://hub.example/a@b")).toBe("https://hub.example/a@b");
});

/** Decodes one recording in this process. linux-x64.platform.ts runs this file in an emulator. */
import { expect, test } from "bun:test";
import { builtModel } from "../backends/built.ts";
import { recording } from "../backends/recording.ts";
import { Subject } from "../backends/subject.ts";

test("the engine library decodes a recording", () => {
  using subject = new Subject({
    id: "whisper-cpp on an old CPU",
    libraryPath: process.env["ASR_TEST_ENGINE"] ?? "",
    model: builtModel("ggml-tiny.en-q8_0.bin"),
    speech: recording("jfk.flac").subarray(0, 5 * 16_000),
    groups: ["prompted"],
    isWhisper: true,
    language: "en",
    says: /fellow Americans/iu,
    skip: [],
  });
  const { tokens } = subject.lane.decode(subject.chunk({ beamSize: 1, bestOf: 1 }));
  expect(subject.textOf(tokens)).toMatch(/fellow Americans/iu);
});

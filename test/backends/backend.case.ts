/**
 * Runs the conformance suite of the engines. Some cases apply to every engine library. The cases in prompted.case.ts,
 * recognize.case.ts and stream.case.ts apply to engines with this group of calls. The cases in whisper.case.ts apply to
 * Whisper models. If a backend does not support a case, it skips the case and states the reason.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Model } from "../../src/runner/engine/asr-model.ts";
import { callGroup, capability } from "../../src/runner/engine/asr-structs.ts";
import { isFull } from "../full.ts";
import { promptedCases } from "./prompted.case.ts";
import { recognizeCases } from "./recognize.case.ts";
import { streamCases } from "./stream.case.ts";
import { type BackendCase, type DefineCase, expectCode, Subject } from "./subject.ts";
import { timesCases } from "./times.case.ts";
import { whisperCases } from "./whisper.case.ts";

export function testBackend(backend: BackendCase): void {
  const skipped = new Map(
    backend.skip.flatMap(({ reason, cases }) => cases.map((name) => [name, reason])),
  );
  const defined = new Set<string>();
  describe(`backend ${backend.id}`, () => {
    let subject: Subject;
    beforeAll(() => {
      subject = new Subject(backend);
    });
    afterAll(() => subject[Symbol.dispose]());
    const it: DefineCase = (name, body) => {
      defined.add(name);
      const reason = skipped.get(name);
      const isForFull = !isFull && backend.quick?.includes(name) === false;
      if (isForFull) test.skip(`${name} (npm run test:full)`, () => body(subject));
      else if (reason === undefined) test(name, () => body(subject), 120_000);
      else test.skip(`${name} (${reason})`, () => body(subject));
    };

    everyCases(it, backend);
    timesCases(it);
    if (backend.groups.includes("prompted")) promptedCases(it);
    if (backend.groups.includes("recognize")) recognizeCases(it);
    if (backend.groups.includes("stream")) streamCases(it);
    if (backend.isWhisper) whisperCases(it);
    test("skips only cases that exist", () => {
      const named = [...skipped.keys(), ...(backend.quick ?? [])];
      expect(named.filter((name) => !defined.has(name))).toEqual([]);
    });
  });
}

// --- internal ---

function everyCases(it: DefineCase, backend: BackendCase): void {
  it("has a description", (subject) => {
    expect(subject.library.description).not.toBe("");
  });

  it("rejects a missing model", (subject) => {
    const from = join(subject.folder, "absent");
    expectCode("model_load_failed", () =>
      subject.library.loadModel({ from, gpu: false, threads: 1 }),
    );
  });

  it("rejects a file that is not a model", (subject) => {
    const from = join(subject.folder, "foreign");
    writeFileSync(from, Buffer.alloc(100_000, "not a model "));
    expectCode("model_load_failed", () =>
      subject.library.loadModel({ from, gpu: false, threads: 1 }),
    );
  });

  it("rejects a model that is cut short, wherever it is cut", (subject) => {
    const from = join(subject.folder, "cut");
    cpSync(backend.model, from, { recursive: true });
    const weights = join(from, backend.weightsFile ?? "");
    const whole = statSync(weights).size;
    for (const part of [0.999999, 0.5, 0.001, 0.000001, 0]) {
      truncateSync(weights, Math.max(1, Math.floor(whole * part)));
      expectCode("model_load_failed", () =>
        subject.library.loadModel({ from, gpu: false, threads: 1 }),
      );
    }
  });

  it("loads a model from memory", async (subject) => {
    const from = await Bun.file(backend.model).bytes();
    using inMemory = new Model(
      subject.library,
      subject.library.loadModel({ from, gpu: false, threads: 1 }),
    );
    expect(inMemory.info).toEqual(subject.info);
  });

  it("reports model facts that are consistent", (subject) => {
    const { info } = subject;
    expect(info.languages).toContain(backend.language);
    expect(new Set(info.languages).size).toBe(info.languages.length);
    expect(info.tokenTextEnd).toBeGreaterThan(0);
    expect(info.tokenTextEnd).toBeLessThanOrEqual(info.nVocab);
    expect(info.groups).toBe(backend.groups.reduce((mask, name) => mask | callGroup[name], 0));
    const takesChunks = (info.groups & (callGroup.prompted | callGroup.recognize)) !== 0;
    expect(info.windowMaxS > 0).toBe(takesChunks);
    const timesTokens =
      (info.groups & callGroup.stream) !== 0 || (info.capabilities & capability.tokenTimes) !== 0;
    expect(info.frameS > 0).toBe(timesTokens);
    expect(info.nPromptMax > 0).toBe((info.capabilities & capability.prompt) !== 0);
    const promises = (info.capabilities & capability.timestamps) !== 0;
    expect(info.tokenTimestampBegin >= 0).toBe(promises);
    expect(info.timestampStepS > 0).toBe(promises);
  });

  it("rejects calls of groups that it lacks", (subject) => {
    const { lane, info } = subject;
    const calls = {
      prompted: [
        () => lane.detectLanguage(subject.chunk()),
        () => lane.decode(subject.chunk()),
        () => lane.align(subject.chunk()),
      ],
      recognize: [() => lane.recognize(subject.chunk())],
      stream: [() => lane.openStream(subject.streamOptions())],
    };
    for (const [name, bit] of Object.entries(callGroup)) {
      if ((info.groups & bit) !== 0) continue;
      for (const call of calls[name as keyof typeof calls]) expectCode("unsupported_value", call);
    }
  });

  it("returns the bytes of text tokens, and no bytes for other tokens", (subject) => {
    for (let id = 0; id < subject.info.tokenTextEnd; id += 97) {
      expect(subject.model.tokenBytes(id).length).toBeGreaterThan(0);
    }
    expect(subject.model.tokenBytes(subject.info.nVocab - 1).length).toBe(0);
    expectCode("internal_error", () => subject.model.tokenBytes(subject.info.nVocab));
    expectCode("internal_error", () => subject.model.tokenBytes(-1));
  });
}

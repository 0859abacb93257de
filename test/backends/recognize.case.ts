/** Tests the call group `recognize`, which converts chunks to tokens with times and log-probabilities. */
import { expect } from "bun:test";
import { Lane } from "../../src/runner/engine/asr-lane.ts";
import { capability, type Chunk, type TimedTokens } from "../../src/runner/engine/asr-structs.ts";
import { expectStops } from "./cancel.case.ts";
import { silence, tone, whiteNoise } from "./signals.ts";
import {
  cancelFlag,
  type DefineCase,
  expectCode,
  expectMemoryBack,
  type Subject,
} from "./subject.ts";
import { expectTimed, secondsOf } from "./timed-tokens.ts";

export function recognizeCases(it: DefineCase): void {
  it("recognizes speech, with times and log-probabilities", (subject) => {
    const { speech, says } = subject.backend;
    const result = recognize(subject);
    expect(result.tokens.length).toBeGreaterThan(0);
    expect(result.isComplete).toBe(true);
    if (says !== null) expect(subject.textOf(result.tokens)).toMatch(says);
    expectTimed([result], subject.info, secondsOf(speech, subject.info));
  });

  it("recognizes the same audio to the same result, also after other audio", (subject) => {
    const first = recognize(subject);
    recognize(subject, { input: subject.heard(tone(3)) });
    expect(recognize(subject)).toEqual(first);
  });

  it("recognizes a chunk to the same result with the same id and without an id", (subject) => {
    const id = subject.nextId();
    const first = recognize(subject, { id });
    expect(recognize(subject, { id })).toEqual(first);
    expect(recognize(subject, { id: 0 })).toEqual(first);
  });

  it("returns no tokens for silence", (subject) => {
    const { tokens, avgLogprob } = recognize(subject, { input: subject.heard(silence(5)) });
    expect([...tokens]).toEqual([]);
    expect(avgLogprob).toBe(0);
  });

  it("recognizes speech without a given language", (subject) => {
    expect(recognize(subject, { language: -1 }).tokens.length).toBeGreaterThan(0);
  });

  it("ignores the fields of other calls", (subject) => {
    const changes = {
      beamSize: hasBeams(subject) ? 1 : 0,
      bestOf: 99,
      temperature: -1,
      windowS: -1,
      prompt: Int32Array.of(-1),
    };
    expect(recognize(subject, changes)).toEqual(recognize(subject));
  });

  it("survives chunks of any length and kind", (subject) => {
    const noise = whiteNoise(subject.info.windowMaxS);
    // An engine that takes features needs at least one frame of audio, which is 10 ms long.
    const shortest = noise.subarray(0, subject.features === null ? 1 : 160);
    for (const samples of [shortest, noise.subarray(0, 199), noise, tone(1), silence(0.1)]) {
      const result = recognize(subject, { input: subject.heard(samples) });
      expectTimed([result], subject.info, samples.length / 16_000);
    }
  });

  it("rejects invalid chunks and stays usable (recognize)", (subject) => {
    const good = recognize(subject);
    const input = subject.heard(subject.backend.speech);
    const broken: Partial<Chunk>[] = [
      { input: input.with(1, Number.NaN) },
      { input: input.with(0, Infinity) },
      { input: new Float32Array(0) },
      { input: subject.heard(silence(subject.info.windowMaxS + 1)) },
      { threads: 0 },
      ...(hasBeams(subject) ? [{ beamSize: 0 }, { beamSize: 9 }] : []),
      { language: -2 },
      { language: subject.info.languages.length },
    ];
    for (const changes of broken) expectCode("internal_error", () => recognize(subject, changes));
    expect(recognize(subject)).toEqual(good);
  });

  it("does not start recognition that is already cancelled", (subject) => {
    expectCode("client_closed_request", () => recognize(subject, { cancel: cancelFlag(1) }));
  });

  it("stops recognition after a cancel and stays usable", async (subject) => {
    const good = recognize(subject);
    const input = subject.heard(subject.backend.busy ?? subject.backend.speech);
    await expectStops((cancel) => recognize(subject, { input, cancel }));
    expect(recognize(subject)).toEqual(good);
  });

  it("frees the memory of lanes after recognition", (subject) => {
    expectMemoryBack(() => {
      using other = new Lane(subject.library, subject.pointer);
      other.recognize(subject.chunk());
    });
  });
}

// --- internal ---

function hasBeams({ info }: Subject): boolean {
  return (info.capabilities & capability.beam) !== 0;
}

function recognize(subject: Subject, changes: Partial<Chunk> = {}): TimedTokens {
  return subject.lane.recognize(subject.chunk(changes));
}

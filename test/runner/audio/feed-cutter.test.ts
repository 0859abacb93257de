/**
 * Tests the feeds, which are the blocks of audio that a stream receives. The feeds must have no gaps during speech.
 * They must not depend on how many samples arrive at a time.
 */
import { describe, expect, test } from "bun:test";
import { vadDefaults } from "../../../src/ipc/vad.ts";
import { FeedCutter } from "../../../src/runner/audio/feed-cutter.ts";
import type { Span } from "../../../src/runner/audio/span.ts";
import type { Voice } from "../../../src/runner/audio/voice.ts";

const rate = 1000;
const s = (seconds: number) => seconds * rate;

/**
 * A fake voice activity detector with given regions of speech. It reports each region `lagS` seconds after the end of
 * the region, because the real detector also reports regions late.
 */
class ScriptedVoice implements Voice {
  readonly #regions: readonly Span[];
  readonly #lag: number;
  #now = 0;
  #given = 0;
  #finished = false;
  /** Time in seconds. The fake detector never decides whether audio after this time is speech. */
  undecidedFrom = Infinity;

  constructor(regions: readonly (readonly [number, number])[], lagS = 2) {
    this.#regions = regions.map(([startS, endS]) => ({ start: s(startS), end: s(endS) }));
    this.#lag = s(lagS);
  }

  push(samples: Float32Array): void {
    this.#now += samples.length;
  }

  finish(): void {
    this.#finished = true;
  }

  takeRegions(): Span[] {
    const over = this.#regions.filter(({ end }) => this.#finished || end + this.#lag <= this.#now);
    const fresh = over.slice(this.#given);
    this.#given = over.length;
    return fresh;
  }

  readonly spansDecided = 0;

  takeSpans(): Span[] {
    return [];
  }

  takeProbabilities(): Float32Array {
    return new Float32Array();
  }

  get #ongoing(): Span | undefined {
    return this.#regions.find(
      ({ start, end }) => start < this.#now && end + this.#lag > this.#now && !this.#finished,
    );
  }

  get decided(): number {
    return Math.min(this.#ongoing?.start ?? this.#now, s(this.undecidedFrom));
  }

  get judged(): number {
    return this.#now;
  }

  get isOpen(): boolean {
    return this.#ongoing !== undefined;
  }

  [Symbol.dispose](): void {}
}

function cut(voice: ScriptedVoice | null, lengthS: number, blockS = 1) {
  const cutter = new FeedCutter(rate, voice === null ? null : { voice, vad: vadDefaults });
  const feeds: [number, number][] = [];
  let heldMaxS = 0;
  const take = () => {
    for (let span = cutter.next(); span !== null; span = cutter.next()) {
      expect(span.start).toBeGreaterThanOrEqual(lastKept);
      feeds.push([span.start / rate, span.end / rate]);
    }
  };
  let lastKept = 0;
  for (let at = 0; at < s(lengthS); at += s(blockS)) {
    // Before each push, the chunker deletes the samples before `keepFrom`. So no later feed may start before
    // `keepFrom`.
    lastKept = cutter.keepFrom;
    const n = Math.min(s(blockS), s(lengthS) - at);
    cutter.push(new Float32Array(n));
    heldMaxS = Math.max(heldMaxS, (at + n - cutter.keepFrom) / rate);
    take();
  }
  cutter.finish();
  take();
  return { feeds, heldMaxS };
}

/** Joins feeds that have no gap between them. */
function stretches(feeds: readonly (readonly [number, number])[]): [number, number][] {
  const joined: [number, number][] = [];
  for (const [start, end] of feeds) {
    const last = joined.at(-1);
    if (last?.[1] === start) last[1] = end;
    else joined.push([start, end]);
  }
  return joined;
}

test("without voice activity detection all audio is fed, and the rest at the end", () => {
  expect(cut(null, 5.5).feeds).toEqual([
    [0, 2],
    [2, 4],
    [4, 5.5],
  ]);
  expect(cut(null, 4).feeds).toEqual([
    [0, 2],
    [2, 4],
  ]);
  expect(cut(null, 0).feeds).toEqual([]);
});

describe("with voice activity detection,", () => {
  test("speech is fed while it continues, and silence is skipped", () => {
    const { feeds, heldMaxS } = cut(new ScriptedVoice([[3, 60]]), 90);
    const [[start, end] = [0, 0], ...others] = stretches(feeds);
    expect(start).toBe(3);
    expect(end).toBeWithin(60, 62.1);
    expect(others).toEqual([]);
    expect(Math.max(...feeds.map(([a, b]) => b - a))).toBe(2);
    expect(heldMaxS).toBeLessThan(5);
  });

  test("a short silence is fed, and a long silence separates the feeds", () => {
    const { feeds } = cut(
      new ScriptedVoice([
        [1, 4],
        [6.5, 9],
        [20, 21.5],
      ]),
      30,
    );
    const [first, second, ...others] = stretches(feeds);
    expect(first![0]).toBe(1);
    expect(first![1]).toBeWithin(9, 11.1);
    expect(second![0]).toBe(20);
    expect(second![1]).toBeWithin(21.5, 23.6);
    expect(others).toEqual([]);
  });

  test("no speech is lost or fed twice", () => {
    const regions = [
      [0, 0.3],
      [2, 2.1],
      [7, 12.7],
      [12.9, 30],
      [36, 37],
    ] as const;
    for (const lagS of [0, 0.1, 2, 5]) {
      const { feeds } = cut(new ScriptedVoice(regions, lagS), 37);
      for (const [i, [start]] of feeds.entries())
        expect(start).toBeGreaterThanOrEqual(feeds[i - 1]?.[1] ?? 0);
      for (const [start, end] of regions) {
        const around = stretches(feeds).find(([a, b]) => a <= start && end <= b);
        expect(around).toBeDefined();
      }
    }
  });

  test("silence is never fed, and is not kept in memory", () => {
    const { feeds, heldMaxS } = cut(new ScriptedVoice([]), 500);
    expect(feeds).toEqual([]);
    expect(heldMaxS).toBeLessThan(3);
  });

  test("a sound that remains undecided is not kept in memory forever, even after speech", () => {
    const never = new ScriptedVoice([[1, 3]]);
    never.undecidedFrom = 10;
    expect(cut(never, 500).heldMaxS).toBeLessThan(40);
  });
});

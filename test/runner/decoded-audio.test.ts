/** Tests the bound on the decoded audio of a runner: who decodes next, and how much. */
import { describe, expect, test } from "bun:test";
import type { AudioFile } from "../../src/runner/audio/audio-thread.ts";
import type { AudioChunk } from "../../src/runner/audio/chunker.ts";
import { DecodedAudio } from "../../src/runner/decoded-audio.ts";
import { chunkAt } from "./job.ts";

/** A file of `chunks` chunks of `chunkS` seconds each. `durationS` is the length in its header. */
function fileOf(chunks: number, chunkS: number, durationS: number | null = null): AudioFile {
  let left = chunks;
  return {
    durationS,
    channels: 1,
    decodeS: 0,
    vadS: 0,
    next: async () => (left-- > 0 ? chunkAt(0, chunkS) : { endS: 1, track: null }),
    giveBack: () => {},
    [Symbol.dispose]: () => {},
  };
}

/** Opens the decoded audio of one lane with chunks of 10 s: at most 90 s, of which 30 s are for further chunks of jobs. */
function open() {
  const decoded = new DecodedAudio({ lanes: 1, chunkMaxS: 10 });
  const order: number[] = [];
  /** Opens a job. `next` starts to decode its next chunk, and adds the job to `order` when the chunk is decoded. */
  const job = (number: number, file = fileOf(100, 10), signal = new AbortController().signal) => {
    const audio = decoded.bounded(file, { job: number, signal });
    const chunks: AudioChunk[] = [];
    const next = async (): Promise<void> => {
      const chunk = await audio.next();
      if ("endS" in chunk) return;
      chunks.push(chunk);
      order.push(number);
    };
    const giveBack = (): void => audio.giveBack(chunks.pop()!);
    return { next, giveBack, chunks };
  };
  return { decoded, order, job };
}

/** Lets all promises settle that do not depend on time. */
const settle = () => Bun.sleep(1);

describe("a job alone", () => {
  test("decodes a chunk for each lane and two more, then waits until it gives one back", async () => {
    const { decoded, job } = open();
    const { next, giveBack, chunks } = job(1);
    for (let n = 0; n < 4; n++) void next();
    await settle();
    expect([chunks.length, decoded.heldS]).toEqual([3, 30]);
    giveBack();
    await settle();
    expect([chunks.length, decoded.heldS]).toEqual([3, 30]);
  });

  test("holds nothing after the end of its file", async () => {
    const { decoded, job } = open();
    const { next, giveBack } = job(1, fileOf(1, 0.3));
    await next();
    expect(decoded.heldS).toBeCloseTo(0.3);
    await next();
    giveBack();
    expect(decoded.heldS).toBe(0);
  });
});

describe("while others wait", () => {
  test("a job without a chunk decodes one although another job decodes as far ahead as it may", async () => {
    const { decoded, order, job } = open();
    const long = job(1);
    for (let n = 0; n < 9; n++) void long.next();
    for (let number = 2; number < 12; number++) void job(number).next();
    await settle();
    expect(order).toEqual([1, 1, 1, 2, 3, 4, 5, 6, 7]);
    expect(decoded.heldS).toBe(decoded.maxS);
  });

  test("the job with the least audio left decodes first, whatever the order of arrival", async () => {
    const { decoded, order, job } = open();
    const holding = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => job(number));
    for (const one of holding) await one.next();
    for (const [number, remainingS] of Object.entries({ 20: 100, 21: 4, 22: 30 })) {
      decoded.turns.setRemaining(Number(number), remainingS);
      void job(Number(number)).next();
    }
    await settle();
    for (const one of holding.slice(0, 3)) {
      one.giveBack();
      await settle();
    }
    expect(order.slice(9)).toEqual([21, 22, 20]);
  });

  test("a short file needs only its own length", async () => {
    const { order, job } = open();
    for (let number = 1; number <= 8; number++) await job(number).next();
    void job(9, fileOf(1, 4, 4)).next();
    void job(10, fileOf(1, 6, 6)).next();
    void job(11, fileOf(1, 1, 1)).next();
    await settle();
    expect(order.slice(8)).toEqual([9, 10]);
  });

  test("the end of a job frees what it holds, and a cancelled job stops waiting", async () => {
    const { decoded, order, job } = open();
    for (let number = 1; number <= 9; number++) await job(number).next();
    const leaving = new AbortController();
    const left = job(10, fileOf(1, 10), leaving.signal)
      .next()
      .catch(({ code }) => code);
    void job(11).next();
    leaving.abort();
    expect(await left).toBe("client_closed_request");
    decoded.forget(1);
    await settle();
    expect(order.slice(9)).toEqual([11]);
  });

  test("a failed read holds nothing", async () => {
    const { decoded, job } = open();
    const broken = { ...fileOf(1, 10), next: () => Promise.reject(new Error("damaged")) };
    expect(await job(1, broken).next().catch(String)).toBe("Error: damaged");
    expect(decoded.heldS).toBe(0);
  });
});

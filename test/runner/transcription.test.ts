/**
 * Tests a transcription job in a runner, with a fake recognizer and fake audio: the order of results, checkpoints,
 * failures, and the end of the job.
 */
import { describe, expect, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import type { Progress, TranscribeOptions } from "../../src/ipc/options.ts";
import { vadDefaults } from "../../src/ipc/vad.ts";
import type { Checkpoint, ChunkResults } from "../../src/ipc/protocol.ts";
import type { AudioFile } from "../../src/runner/audio/audio-thread.ts";
import type { AudioRequest } from "../../src/runner/audio/audio-request.ts";
import type { AudioChunk } from "../../src/runner/audio/chunker.ts";
import type { Work } from "../../src/ipc/work.ts";
import { Cancellation } from "../../src/runner/cancellation.ts";
import { DecodedAudio } from "../../src/runner/decoded-audio.ts";
import { LanePool } from "../../src/runner/engine/lanes.ts";
import { Turns } from "../../src/runner/engine/turns.ts";
import type { JobLanes, Needs, Recognizer, SessionStart } from "../../src/runner/recognizer.ts";
import { chunksInFlight, type Engine, runTranscription } from "../../src/runner/transcription.ts";
import { englishCapabilities, plainOptions } from "../ipc/plain-job.ts";
import { chunkAt, Gates, lanesOf, needs } from "./job.ts";
import { plainFacts } from "../transcript/plain-facts.ts";

const chunkS = 10;
/** The times that each lane reports for one chunk. */
const laneTimes = { busyS: 4, featuresS: 0.25, encoderS: 1, decoderS: 2 };

interface Behaviour {
  readonly chunks?: number;
  readonly lanes?: number;
  readonly chunksAtOnce?: number;
  /** Returns how many chunks a session must receive again when it resumes after chunk n. */
  readonly replay?: (n: number) => number;
  /** Text in the result that the session returns from `finish`. If absent, this result is empty. */
  readonly rest?: string;
  readonly needs?: Needs;
  readonly options?: Partial<TranscribeOptions>;
  readonly endS?: number;
  readonly hold?: boolean;
}

/**
 * Creates a job whose audio has chunks of 10 s. If `hold` is true, the work on each chunk waits until the test opens
 * the gate of the chunk.
 */
function open(behaviour: Behaviour = {}) {
  const { chunks = 4, replay = () => 0, rest, hold = false } = behaviour;
  const gates = new Gates();
  const log: string[] = [];
  const atWork = new Set<number>();
  let mostAtWork = 0;
  const kept = new Set<AudioChunk>();
  const requests: AudioRequest[] = [];
  const pool = new LanePool(
    lanesOf(
      ...Array.from({ length: behaviour.lanes ?? 2 }, () => ({ takeTimes: () => laneTimes })),
    ),
    1,
  );

  const audio = {
    turns: new Turns(1),
    open: async (request: AudioRequest): Promise<AudioFile> => {
      requests.push(request);
      let next = 0;
      return {
        durationS: chunks * chunkS,
        channels: 1,
        decodeS: 0.5,
        vadS: 0.25,
        next: async () => {
          if (next === chunks) return { endS: behaviour.endS ?? chunks * chunkS, track: null };
          const chunk = chunkAt(next++ * chunkS, chunkS);
          kept.add(chunk);
          return chunk;
        },
        giveBack: (chunk) => {
          log.push(`back ${chunk.startS / chunkS}`);
          kept.delete(chunk);
        },
        [Symbol.dispose]: () => log.push("audio closed"),
      };
    },
  };

  const recognizer: Recognizer = {
    needs: behaviour.needs ?? needs,
    can: englishCapabilities,
    chunksAtOnce: behaviour.chunksAtOnce ?? 3,
    open: (_start: SessionStart, lanes: JobLanes) => {
      let last: Promise<unknown> = Promise.resolve();
      const resume = (n: number) => ({ language: "en", spokenS: { en: n }, replay: replay(n) });
      const say = (text: string, startS: number) => {
        const times = { startS, endS: startS + 1 };
        return { segments: [{ ...times, text, ...plainFacts }], words: [{ text, ...times }] };
      };
      return {
        chunksAtOnce: recognizer.chunksAtOnce,
        language: "en",
        promptTokens: 7,
        push: (chunk) => {
          const n = chunk.startS / chunkS;
          const work = lanes.use(async () => {
            atWork.add(n);
            mostAtWork = Math.max(mostAtWork, atWork.size);
            log.push(`work ${n}`);
            try {
              if (hold) await gates.pass(String(n));
            } finally {
              atWork.delete(n);
            }
          });
          const result = Promise.allSettled([last, work]).then(async () => {
            await work;
            return { ...say(` ${n}`, chunk.startS), resume: resume(n) };
          });
          last = result;
          return result;
        },
        finish: async () => ({
          ...(rest === undefined ? { segments: [], words: [] } : say(rest, 99)),
          resume: { ...resume(chunks), replay: 0 },
        }),
        close: async () => void log.push("closed"),
      };
    },
  };
  const decoded = new DecodedAudio({ lanes: behaviour.lanes ?? 2, chunkMaxS: chunkS });
  const engine: Engine = { recognizer, lanes: pool, audio, decoded, audioOptions: { limits: {} } };

  const run = (from: Checkpoint | null = null) => {
    const results: ChunkResults[] = [];
    const progress: Progress[] = [];
    const works: Work[] = [];
    let starts = 0;
    const cancellation = new Cancellation();
    const end = runTranscription(
      {
        id: 7,
        audioPath: "/audio",
        client: null,
        deadlineMs: null,
        options: { ...plainOptions, words: true, ...behaviour.options },
        from,
        cancellation,
        onStart: () => starts++,
        onSegments: (found) => results.push(found),
        onProgress: (one) => progress.push(one),
        onWork: (work) => works.push(work),
      },
      engine,
    );
    end.catch(() => {});
    const texts = () => results.flatMap(({ segments }) => segments.map(({ text }) => text));
    return { end, results, texts, progress, works, cancellation, starts: () => starts };
  };
  /** Uses all lanes at the same time, and then returns true. If a job still uses a lane, never resolves. */
  const lanesAreFree = async () => {
    const all = Array.from({ length: behaviour.lanes ?? 2 }, (_, job) =>
      pool.use(100 + job, new AbortController().signal, async () => true),
    );
    return (await Promise.all(all)).every(Boolean);
  };
  return { run, gates, log, kept, requests, engine, lanesAreFree, mostAtWork: () => mostAtWork };
}

const settle = () => Bun.sleep(5);

describe("the results of a job", () => {
  test("are delivered in the order of time, whichever chunk is done first", async () => {
    const { run, gates, kept } = open({ chunks: 3, lanes: 3, hold: true });
    const job = run();
    await settle();
    gates.open("2");
    gates.open("1");
    await settle();
    expect(job.texts()).toEqual([]);
    gates.open("0");
    expect(await job.end).toEqual({ language: "en", durationS: 30 });
    expect(job.texts()).toEqual([" 0", " 1", " 2"]);
    expect(job.results.flatMap(({ segments }) => segments.map(({ id }) => id))).toEqual([0, 1, 2]);
    expect(job.results.flatMap(({ words }) => words.map(({ text }) => text))).toEqual(job.texts());
    expect(kept.size).toBe(0);
  });

  test("come with progress that never goes backwards", async () => {
    const job = open({ chunks: 5 }).run();
    await job.end;
    expect(job.progress.map(({ doneS }) => doneS)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(new Set(job.progress.map(({ totalS }) => totalS))).toEqual(new Set([50]));
  });

  test("each come with a checkpoint", async () => {
    const job = open({ chunks: 3 }).run();
    await job.end;
    expect(job.results.map(({ checkpoint }) => checkpoint)).toEqual(
      [1, 2, 3].map((n) => ({
        chunks: n,
        segments: n,
        replayFrom: n,
        language: "en",
        spokenS: { en: n - 1 },
      })),
    );
  });

  test("each have the input of the model for their chunk, if the model has frames", async () => {
    const framed = open({ chunks: 2, rest: " rest", needs: { ...needs, framesPerS: 12.5 } }).run();
    await framed.end;
    const read = { audioFrames: 125, promptTokens: 7 };
    expect(framed.results.map(({ input }) => input)).toEqual([read, read, undefined]);
    const plain = open({ chunks: 1 }).run();
    await plain.end;
    expect(plain.results[0]).not.toHaveProperty("input");
  });

  test("at the end of the session are delivered last", async () => {
    const job = open({ chunks: 2, rest: " rest" }).run();
    await job.end;
    expect(job.texts()).toEqual([" 0", " 1", " rest"]);
    expect(job.results.at(-1)?.checkpoint).toMatchObject({ chunks: 3, replayFrom: 3, segments: 3 });
    expect(job.progress.at(-1)?.doneS).toBe(20);
  });
});

describe("a job", () => {
  test("works on as many chunks as its session accepts, and has one more ready", async () => {
    const { run, gates, kept, engine, mostAtWork } = open({ chunks: 9, lanes: 9, hold: true });
    const job = run();
    await settle();
    expect(kept.size).toBe(3);
    expect(chunksInFlight(engine.recognizer)).toBe(4);
    for (let n = 0; n < 9; n++) {
      gates.open(String(n));
      await settle();
      expect(kept.size).toBeLessThanOrEqual(chunksInFlight(engine.recognizer));
    }
    await job.end;
    expect(mostAtWork()).toBe(3);
  });

  test("reports its start once, when it gets a lane", async () => {
    const { run, engine } = open({ lanes: 1 });
    const busy = Promise.withResolvers<void>();
    void engine.lanes.use(1, new AbortController().signal, () => busy.promise);
    const job = run();
    await settle();
    expect(job.starts()).toBe(0);
    expect(job.progress).toHaveLength(1);
    busy.resolve();
    await job.end;
    expect(job.starts()).toBe(1);
  });

  test("without chunks reports its start at its end", async () => {
    const job = open({ chunks: 0, endS: 5 }).run();
    expect(await job.end).toEqual({ language: "en", durationS: 5 });
    expect(job.starts()).toBe(1);
    expect(job.results).toEqual([]);
  });

  test("with too little audio fails with audio_too_short", async () => {
    const job = open({ chunks: 0, endS: 0.05 }).run();
    expect(await job.end.catch(({ code }) => code)).toBe("audio_too_short");
    expect(job.works).toHaveLength(1);
  });

  test("reports the times of its audio and of all its lanes once, at the end", async () => {
    const job = open({ chunks: 2 }).run();
    await job.end;
    expect(job.works).toHaveLength(1);
    expect(job.works[0]).toMatchObject({ decode: 0.5, vad: 0.25, features: 0.5, encoder: 2 });
  });

  test("requests the audio that its recognizer needs", async () => {
    const asked = async (more: Partial<Needs>, asking: Partial<TranscribeOptions> = {}) => {
      const { run, requests } = open({ needs: { ...needs, ...more }, options: asking });
      await run().end;
      return requests[0];
    };
    expect(await asked({})).toMatchObject({
      job: 7,
      path: "/audio",
      options: { sampleRate: 24000 },
      chunkMaxS: 30,
      speechSpans: true,
    });
    expect(await asked({ chunkMaxS: null, speechSpans: false })).toMatchObject({
      chunkMaxS: null,
      speechSpans: false,
    });
    expect((await asked({}, { vad: vadDefaults }))?.vad).toBe(vadDefaults);
    expect((await asked({ speechOnly: false }, { vad: vadDefaults }))?.vad).toBeNull();
    expect((await asked({}, { words: false }))?.speechSpans).toBe(true);
  });

  test("delivers words only if its options contain them", async () => {
    const job = open({ options: { words: false } }).run();
    await job.end;
    expect(job.texts()).toHaveLength(4);
    expect(job.results.flatMap(({ words }) => words)).toEqual([]);
  });
});

describe("a job that fails", () => {
  const broken = new AsrError("internal_error", "Cannot decode");

  test("in a later chunk delivers the earlier ones, and waits for the running ones", async () => {
    const { run, gates, log, kept, lanesAreFree } = open({ chunks: 9, lanes: 3, hold: true });
    const job = run();
    await settle();
    gates.fail("1", broken);
    await settle();
    expect(job.texts()).toEqual([]);
    gates.open("0");
    await settle();
    expect(job.texts()).toEqual([" 0"]);
    expect(job.cancellation.cancelFlag[0]).toBe(1);
    // Chunk 2 is still reading its samples, so the session and the audio must stay open.
    expect(log).not.toContain("closed");
    expect(log).not.toContain("audio closed");
    gates.open("2");
    gates.open("3");
    expect(await job.end.catch((error) => error)).toBe(broken);
    expect(log.slice(-2)).toEqual(["closed", "audio closed"]);
    expect(job.texts()).toEqual([" 0"]);
    expect(job.works).toHaveLength(1);
    expect(kept.size).toBeLessThanOrEqual(3);
    expect(await lanesAreFree()).toBe(true);
  });

  test("because it was cancelled does not wait for a lane, and all lanes are free afterwards", async () => {
    const { run, gates, log, lanesAreFree } = open({ chunks: 9, lanes: 1, hold: true });
    const job = run();
    await settle();
    job.cancellation.cancel();
    gates.fail("0", new AsrError("client_closed_request", "Cancelled"));
    expect(await job.end.catch(({ code }) => code)).toBe("client_closed_request");
    expect(log.filter((line) => line.startsWith("work"))).toEqual(["work 0"]);
    expect(log).toContain("closed");
    expect(await lanesAreFree()).toBe(true);
  });
});

describe("a job that another runner began", () => {
  const at = (chunks: number, replayFrom: number, segments = chunks): Checkpoint => ({
    chunks,
    segments,
    replayFrom,
    language: "en",
    spokenS: {},
  });

  test("continues after the last delivered chunk", async () => {
    const { run, log, kept } = open({ chunks: 4 });
    const job = run(at(2, 2, 5));
    await job.end;
    expect(job.texts()).toEqual([" 2", " 3"]);
    expect(job.results.flatMap(({ segments }) => segments.map(({ id }) => id))).toEqual([5, 6]);
    expect(job.results.map(({ checkpoint }) => checkpoint.chunks)).toEqual([3, 4]);
    expect(log).not.toContain("work 1");
    expect(kept.size).toBe(0);
  });

  test("replays the chunks that its state needs, and delivers none of them twice", async () => {
    const { run, log } = open({ chunks: 5, rest: " rest", replay: (n) => n });
    const job = run(at(3, 1));
    await job.end;
    expect(log.filter((line) => line.startsWith("work"))).toEqual(
      [1, 2, 3, 4].map((n) => `work ${n}`),
    );
    expect(job.texts()).toEqual([" 3", " 4", " rest"]);
    expect(job.results.map(({ checkpoint }) => checkpoint)).toMatchObject([
      { chunks: 4, replayFrom: 1, segments: 4 },
      { chunks: 5, replayFrom: 1, segments: 5 },
      { chunks: 6, replayFrom: 6, segments: 6 },
    ]);
    expect(job.progress.map(({ doneS }) => doneS)).toEqual([0, 40, 50]);
  });

  test("and delivered completely delivers nothing more", async () => {
    const job = open({ chunks: 2, rest: " rest" }).run(at(3, 3));
    await job.end;
    expect(job.results).toEqual([]);
  });

  test("delivers the same results after a resume at any chunk", async () => {
    const whole = open({ chunks: 4, rest: " rest" }).run();
    await whole.end;
    for (const [index, { checkpoint }] of whole.results.entries()) {
      const rest = open({ chunks: 4, rest: " rest" }).run(checkpoint);
      await rest.end;
      expect(rest.results).toEqual(whole.results.slice(index + 1));
    }
  });
});

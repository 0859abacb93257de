/** Tests the calibration of a runner with an engine of timers: what it measures, and what it leaves behind. */
import { expect, test } from "bun:test";
import { englishCapabilities } from "../../ipc/plain-job.ts";
import { physicalCores } from "../../../src/platform/physical-cores.ts";
import { calibrate } from "../../../src/runner/calibration/calibrate.ts";
import { DecodedAudio } from "../../../src/runner/decoded-audio.ts";
import { LanePool } from "../../../src/runner/engine/lanes.ts";
import { Turns } from "../../../src/runner/engine/turns.ts";
import type { Needs, Recognizer } from "../../../src/runner/recognizer.ts";
import type { Engine } from "../../../src/runner/transcription.ts";
import { until } from "../../supervisor/scripted-model.ts";
import { lanesOf, needs as plainNeeds } from "../job.ts";

const cores = physicalCores();
const lanes = 4 * cores;
const never = new AbortController().signal;
const empty = { segments: [], words: [], resume: { language: null, spokenS: {}, replay: 0 } };

type Compute = (stopFlag: Int32Array) => Promise<void>;

/** Opens an engine whose lanes compute each chunk with `compute`. */
function open(compute: Compute, needs: Partial<Needs> = {}, laneCount = lanes) {
  const inLanes = { now: 0, most: 0, threads: [] as number[] };
  const recognizer: Recognizer = {
    needs: { ...plainNeeds, sampleRate: 16_000, ...needs },
    can: englishCapabilities,
    chunksAtOnce: laneCount + 1,
    open: (_, jobLanes) => ({
      chunksAtOnce: laneCount + 1,
      language: "en",
      promptTokens: 0,
      push: () =>
        jobLanes.use(async (_lane, { threads, cancel: stopFlag }) => {
          inLanes.threads.push(threads);
          inLanes.most = Math.max(inLanes.most, ++inLanes.now);
          try {
            await compute(stopFlag);
          } finally {
            inLanes.now--;
          }
          return empty;
        }),
      finish: async () => empty,
      close: async () => {},
    }),
  };
  const clients = lanesOf(...Array.from({ length: laneCount }, () => ({})));
  const engine: Engine = {
    recognizer,
    lanes: new LanePool(clients, 1),
    decoded: new DecodedAudio({ lanes: laneCount, chunkMaxS: 30 }),
    audio: { open: () => Promise.reject(new Error("no file is read")), turns: new Turns(1) },
    audioOptions: { limits: {} },
  };
  return { engine, inLanes };
}

/** Returns how many uses of lanes run at the same time. */
async function lanesAtOnce({ lanes: pool }: Engine): Promise<number> {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  let running = 0;
  const uses = Array.from({ length: 2 * lanes }, (_, job) => {
    // Long jobs would leave a lane to short ones.
    pool.turns.setRemaining(job, 5);
    return pool.use(job, never, async () => {
      running++;
      await promise;
    });
  });
  await Bun.sleep(0);
  const found = running;
  end();
  await Promise.all(uses);
  return found;
}

test("lanes that only wait for each other are not used any more", async () => {
  // All chunks are computed one after another, so more lanes are not faster.
  let last: Promise<void> = Promise.resolve();
  const { engine } = open(() => (last = last.then(() => Bun.sleep(20))));
  const result = await calibrate(engine, never);
  expect(result?.rates.map((rate) => rate.lanes)).toEqual([lanes, lanes / 2]);
  expect(result?.lanes).toBe(2 * cores);
  expect(await lanesAtOnce(engine)).toBe(2 * cores);
}, 20_000);

test("lanes that compute at the same time stay in use", async () => {
  const { engine, inLanes } = open(() => Bun.sleep(200));
  const result = await calibrate(engine, never);
  expect(result?.lanes).toBe(lanes);
  expect(inLanes.most).toBe(lanes);
  // The first run is a single chunk with a single lane, so it cannot use the threads of other lanes.
  expect(inLanes.threads[0]).toBe(1);
  expect(await lanesAtOnce(engine)).toBe(lanes);
}, 20_000);

test("when a job arrives, all lanes get work at once, and the engine is told to stop", async () => {
  const { promise: looked, resolve: look } = Promise.withResolvers<void>();
  let isStopped = false;
  const { engine, inLanes } = open(async (stopFlag) => {
    await looked;
    isStopped = stopFlag[0] !== 0;
    throw new Error("the engine was stopped");
  });
  const job = new AbortController();
  const work = calibrate(engine, job.signal).catch((error: unknown) => error);
  await until(() => inLanes.now === 1);
  job.abort();
  // The measured chunk still has its lane, because the engine has not looked at the flag.
  expect(await lanesAtOnce(engine)).toBe(lanes - 1);
  look();
  expect(await work).toBeInstanceOf(Error);
  expect(isStopped).toBe(true);
  expect(await lanesAtOnce(engine)).toBe(lanes);
});

test("an engine that fails keeps all lanes", async () => {
  const { engine } = open(() => Promise.reject(new Error("the engine failed")));
  expect(calibrate(engine, never)).rejects.toThrow("the engine failed");
  expect(await lanesAtOnce(engine)).toBe(lanes);
});

test.each<[string, Partial<Needs>, number]>([
  ["one lane per core", {}, cores],
  ["a streaming model", { chunkMaxS: null }, lanes],
  ["a model with another sample rate", { sampleRate: 24_000 }, lanes],
])("%s: there is nothing to measure", async (_, needs, laneCount) => {
  const { engine, inLanes } = open(() => Bun.sleep(1), needs, laneCount);
  expect(await calibrate(engine, never)).toBeNull();
  expect(inLanes.most).toBe(0);
});

/**
 * Tests that a busy server answers a request as an idle server does. Many requests run at once, so an engine computes
 * chunks of several requests together, or side by side.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { cpuFeatures } from "../../src/platform/cpu-features.ts";
import manifest from "../audio/manifest.json";
import { isFull } from "../full.ts";
import { randomOf } from "../models/fuzz/mutate.ts";
import { type Clip, humanClips } from "./clip-errors.ts";
import { AnswersAlone, type Asked, type Answered, ask, metricValues, mixed } from "./company.ts";
import { repository } from "./executable.ts";
import { secondsUntilIdle } from "./processes.ts";
import { startServer, type TestServer } from "./server.ts";

// The time limit only ends a run that hangs.
setDefaultTimeout(1_800_000);

/** Number of clients that send a request at the same time. It is twice the number of clips. */
const clients = 68;
/** Share of the clients that disconnect. */
const leavingShare = 1 / 3;
/** Maximum CPU time in seconds of a runner without requests, until it is idle. */
const busyCpuSMax = 6;

/**
 * A prompt with more tokens than the beams of a search. The decoder computes all of its tokens at once, with other
 * products of matrices than in the steps of the search.
 */
const prompt =
  "A menu of a telephone server that runs Asterisk, with a mailbox, agents, queues, conferences, " +
  "and a demonstration of its functions for new users of the system.";

interface Engine {
  readonly name: string;
  readonly model: string;
  readonly flags?: readonly string[];
  readonly requests: readonly Asked[];
  /**
   * Maximum number of words that differ, over all answers. 0 if the answers must be equal, with their tokens and
   * log-probabilities.
   */
  readonly differentWordsMax: number;
}

const models = join(repository, ".build/models");
const english = humanClips("en");
const allClips = manifest.filter(({ kind }) => kind === "human" || kind === "long");

/**
 * Whether CTranslate2 uses the products of ffi/ctranslate2/cpu. They compute each row of a matrix in the same way,
 * whatever the number of rows. The libraries that CTranslate2 uses elsewhere choose the order of the sums by the sizes
 * of the matrices.
 */
const hasOwnProducts =
  process.platform === "linux" && process.arch === "x64" && cpuFeatures().has("avx2");

const quickEngines: readonly Engine[] = [
  {
    name: "CTranslate2 with tiny.en",
    model: join(models, "faster-whisper-tiny.en"),
    requests: asking(english, hasOwnProducts ? ["", prompt] : [""]),
    // With oneDNN's products, 4 of 1898 words of base differed.
    differentWordsMax: hasOwnProducts ? 0 : 12,
  },
];

// These engines run only in the full run, because they need about seven minutes.
const slowEngines: readonly Engine[] = [
  {
    // Without AVX2, this model runs on whisper.cpp.
    name: "the starter model",
    model: "base",
    requests: asking(allClips, ["", prompt]),
    differentWordsMax: 0,
  },
  {
    name: "CTranslate2 in float32",
    model: join(models, "faster-whisper-base"),
    flags: ["--compute-type", "float32"],
    requests: asking(english),
    // oneDNN computes the products with weights of 32 bits. Its sums depend on the number of rows, and differ in the
    // last bits.
    differentWordsMax: 2,
  },
  {
    name: "the starter model on whisper.cpp",
    model: "whisper-cpp:base",
    requests: asking(allClips),
    differentWordsMax: 0,
  },
  {
    name: "transcribe.cpp with tiny.en",
    model: `transcribe-cpp:${join(models, "ggml-tiny.en-q8_0.bin")}`,
    requests: asking(english),
    differentWordsMax: 0,
  },
];

describe.each(isFull ? [...quickEngines, ...slowEngines] : quickEngines)(
  "a busy server with $name",
  ({ model, flags = [], requests, differentWordsMax }) => {
    let server: TestServer;
    let alone: AnswersAlone;
    /** Length in seconds of the time in which clients disconnect. */
    let leavingS: number;

    beforeAll(async () => {
      const ownFlags = ["--preload", model, "--queue-max", "200", "--rejoin-seconds", "0"];
      server = await startServer({ flags: [...ownFlags, ...flags] });
      const startMs = performance.now();
      alone = await AnswersAlone.collect(server, model, requests);
      const eachS = (performance.now() - startMs) / 1000 / requests.length;
      // Two cores need about half of this time for all clients.
      leavingS = (eachS * clients) / 3;
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test("gives each request the answer that it gets alone", async () => {
      const all = mixed(requests, Math.max(clients, requests.length), 1);
      const answered = await Promise.all(all.map((asked) => ask(server, model, asked)));
      expectSame(answered);
      expect(new Set(answered.map(({ requestId }) => requestId)).size).toBe(all.length);

      const sent = requests.length + all.length;
      const ended = 'open_asr_transcription_seconds_count{stage="total"}';
      expect(await metricValues(server, ended)).toEqual([sent]);
      const durationS = [...requests, ...all].reduce((sum, { clip }) => sum + clip.duration, 0);
      const [audioS] = await metricValues(server, "open_asr_audio_seconds_total");
      expect(audioS).toBeWithin(durationS - 1, durationS + 1);
    });

    test("gives the others their answers when a third of the clients disconnect, and is then idle", async () => {
      const random = randomOf(2);
      const runners = server.runners();
      const all = mixed(requests, clients, 3);
      const outcomes = await Promise.all(
        all.map(async (asked): Promise<Answered | "left"> => {
          if (random() >= leavingShare) return ask(server, model, asked);
          const leaving = AbortSignal.timeout(random() * leavingS * 1000);
          return ask(server, model, asked, leaving).catch((error: unknown) => {
            if (leaving.aborted) return "left";
            throw error;
          });
        }),
      );
      const answered = outcomes.filter((outcome) => outcome !== "left");
      expect(clients - answered.length).toBeGreaterThan((clients * leavingShare) / 3);
      expectSame(answered);

      expect(server.runners()).toEqual(runners);
      await secondsUntilIdle(runners[0]!, busyCpuSMax);
      expect(server.spooled()).toEqual([]);
      for (const name of ["open_asr_transcriptions{", "open_asr_queue_seconds{"]) {
        const values = await metricValues(server, name);
        expect({ name, sum: Math.max(...values) }).toEqual({ name, sum: 0 });
      }
    });

    function expectSame(answered: readonly Answered[]): void {
      const { wrong, words } = alone.countDifferences(answered);
      console.info(`${model}: ${wrong} of ${words} words differ from the answers alone`);
      expect(wrong).toBeLessThanOrEqual(differentWordsMax);
      for (const { asked, answer } of answered) {
        expect(alone.closestFile(answer.text)).toBe(asked.clip.file);
        if (differentWordsMax === 0) expect(answer).toEqual(alone.get(asked));
      }
    }
  },
);

// --- internal ---

function asking(clips: readonly Clip[], prompts: readonly string[] = [""]): Asked[] {
  return prompts.flatMap((each) => clips.map((clip) => ({ clip, prompt: each })));
}

/**
 * Runs whole jobs in random schedules on a simulated engine: jobs of several clients arrive, are cancelled at every
 * point, fail, and resume after the death of their runner. No chunk may be lost or delivered twice.
 */
import { expect, test } from "bun:test";
import { plainOptions } from "../../src/ipc/options.ts";
import type { Checkpoint } from "../../src/ipc/protocol.ts";
import { Cancellation } from "../../src/runner/cancellation.ts";
import { runTranscription } from "../../src/runner/transcription.ts";
import { isFull } from "../full.ts";
import { randomOf } from "../models/fuzz/mutate.ts";
import { chunkMaxS, SimulatedEngine, type SimulatedFile } from "./simulated-engine.ts";

interface PlannedJob extends SimulatedFile {
  readonly client: string;
  readonly deadlineMs: number | null;
  /** Number of the step before which the job arrives. */
  readonly arrivesAt: number;
}

interface Plan {
  readonly lanes: number;
  readonly jobs: readonly PlannedJob[];
  /** Number of the step at which the runner dies; null if it never dies. */
  readonly diesAt: number | null;
}

interface Cancel {
  readonly job: number;
  readonly step: number;
}

function planOf(random: () => number): Plan {
  const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const jobs = Array.from({ length: whole(1, 6) }, () => {
    const count = random() < 0.3 ? whole(4, 12) : whole(0, 3);
    return {
      chunksS: Array.from({ length: count }, () => 0.5 + random() * (chunkMaxS - 0.5)),
      declaresLength: random() < 0.8,
      failsAt: random() < 0.1 ? whole(0, 3) : null,
      client: `client ${whole(1, 3)}`,
      deadlineMs: random() < 0.2 ? whole(1, 1000) : null,
      arrivesAt: whole(0, 10),
    };
  });
  return { lanes: whole(1, 3), jobs, diesAt: random() < 0.3 ? whole(1, 15) : null };
}

/** A job in a schedule. A job that has ended has an outcome: "done", or the code of its error. */
class ScheduledJob {
  readonly planned: PlannedJob;
  readonly delivered: number[] = [];
  readonly broken: string[] = [];
  cancellation = new Cancellation();
  outcome: string | null = null;
  #checkpoint: Checkpoint | null = null;
  #doneS = -1;
  /** Number of the runner that works on the job. Messages of an earlier runner do not count. */
  #runner = 0;

  constructor(planned: PlannedJob) {
    this.planned = planned;
  }

  /** Starts the job in a runner, or resumes it after the death of its runner. */
  start(number: number, { engine }: SimulatedEngine): void {
    const runner = ++this.#runner;
    const isCurrent = (): boolean => runner === this.#runner && this.outcome === null;
    const { cancellation, planned } = this;
    runTranscription(
      {
        id: number,
        audioPath: String(number),
        options: { ...plainOptions, prompt: String(number) },
        from: this.#checkpoint,
        client: planned.client,
        deadlineMs: planned.deadlineMs,
        cancellation,
        onStart: () => {},
        onSegments: ({ segments, checkpoint }) => {
          if (!isCurrent()) return;
          this.delivered.push(...segments.map(({ text }) => Number(text)));
          this.#checkpoint = checkpoint;
        },
        onProgress: ({ doneS }) => {
          if (!isCurrent()) return;
          if (doneS < this.#doneS && doneS !== 0) this.broken.push("the progress went back");
          this.#doneS = Math.max(doneS, this.#doneS);
        },
        onWork: () => {},
      },
      engine,
    ).then(
      () => this.#end(isCurrent(), "done"),
      (error: { code?: string }) => this.#end(isCurrent(), error.code ?? "no code"),
    );
  }

  /** Returns the rules that the results of the job break. */
  check(): string[] {
    const { chunksS, failsAt } = this.planned;
    const { delivered, outcome } = this;
    const found = [...this.broken];
    if (delivered.some((number, index) => number !== index))
      found.push(`the chunks ${delivered.join(" ")} were delivered`);
    if (outcome === "done" && delivered.length !== chunksS.length)
      found.push(`${delivered.length} of ${chunksS.length} chunks were delivered`);
    const fails = failsAt !== null && failsAt < chunksS.length;
    const allowed = [
      ...(fails ? ["internal_error"] : [chunksS.length === 0 ? "audio_too_short" : "done"]),
      ...(this.cancellation.signal.aborted ? ["client_closed_request"] : []),
    ];
    if (!allowed.includes(outcome ?? "")) found.push(`a job ended with ${outcome}`);
    return found;
  }

  #end(isCurrent: boolean, outcome: string): void {
    if (isCurrent) this.outcome = outcome;
  }
}

/** Lets all promises settle that do not wait for a lane. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs a schedule. Returns the rules that it broke, and its number of steps. */
async function run(seed: number, cancel: Cancel | null) {
  const random = randomOf(seed);
  const plan = planOf(random);
  const jobs = plan.jobs.map((job) => new ScheduledJob(job));
  let runner = new SimulatedEngine(plan.lanes, plan.jobs);
  const broken = new Set<string>();
  const isOver = (): boolean => jobs.every(({ outcome }) => outcome !== null);
  let step = 0;
  for (; !isOver() && step < 1000; step++) {
    jobs.forEach((job, number) => {
      if (job.planned.arrivesAt === step) job.start(number, runner);
    });
    if (step === plan.diesAt) {
      runner = new SimulatedEngine(plan.lanes, plan.jobs);
      jobs.forEach((job, number) => {
        const isRunning = job.planned.arrivesAt <= step && job.outcome === null;
        if (isRunning && !job.cancellation.signal.aborted) job.start(number, runner);
        else if (isRunning) job.outcome = "client_closed_request";
      });
    }
    if (cancel?.step === step) jobs[cancel.job]?.cancellation.cancel();
    await settle();
    const end = runner.inLanes[Math.floor(random() * runner.inLanes.length)];
    end?.();
    await settle();
    for (const rule of runner.check(false)) broken.add(rule);
  }
  if (!isOver()) broken.add("a job never ended");
  for (const rule of [...runner.check(isOver()), ...jobs.flatMap((job) => job.check())])
    broken.add(rule);
  return { broken: [...broken], steps: step };
}

test("a job that waits for more audio fails as soon as one of its chunks fails", async () => {
  const failing = { chunksS: [30, 30], declaresLength: true, failsAt: 0 };
  const planned = { ...failing, client: "ann", deadlineMs: null, arrivesAt: 0 };
  const simulated = new SimulatedEngine(1, [failing]);
  const { decoded } = simulated.engine;
  const { signal } = new AbortController();
  const read = (number: number): void => {
    void decoded
      .bounded(simulated.open({ ...failing, failsAt: null }), { job: number, signal })
      .next();
  };
  // Eight other jobs have decoded audio, and a short one takes the place of the chunk that fails.
  for (let number = 1; number <= 8; number++) read(number);
  const job = new ScheduledJob(planned);
  job.start(0, simulated);
  await settle();
  decoded.turns.setRemaining(9, 1);
  read(9);
  simulated.inLanes[0]!();
  await settle();
  expect(decoded.heldS).toBe(decoded.maxS);
  expect(job.outcome).toBe("internal_error");
});

/** Number of plans. Each plan runs once without a cancel, and once for each step at which a job is cancelled. */
const plans = isFull ? 5_000 : 300;

test("in random schedules, with a cancel at every point, no chunk is lost or doubled", async () => {
  let schedules = 0;
  for (let seed = 1; seed <= plans; seed++) {
    const { broken, steps } = await run(seed, null);
    expect({ seed, broken }).toEqual({ seed, broken: [] });
    for (let step = 0; step < steps; step++) {
      const cancel = { job: step % 6, step };
      expect({ seed, cancel, ...(await run(seed, cancel)) }).toMatchObject({ broken: [] });
      schedules++;
    }
  }
  expect(schedules).toBeGreaterThan(10 * plans);
}, 600_000);

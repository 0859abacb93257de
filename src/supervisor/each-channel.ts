/**
 * Transcribes each channel of a recording on its own, for example the two people of a call. Runs one job per channel,
 * and merges their events in order of time.
 */
import { AsrError } from "../errors.ts";
import { eachChannelMax } from "../ipc/options.ts";
import { addWork, noWork } from "../ipc/work.ts";
import type { JobEvent, JobProgress } from "../jobs/events.ts";
import type { Job } from "../jobs/job.ts";
import { textOf } from "../transcript/text-deltas.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";
import type { EventQueue } from "./event-queue.ts";
import { JobStream, type RunJob } from "./job-stream.ts";

/** Returns the events of the job. If the job is for each channel, `run` runs the job of each channel. */
export function streamOf(job: Job, run: RunJob): JobStream {
  const open = (one: Job) => new JobStream(one, run);
  return job.options.channel === "each" ? new JobStream(job, eachChannel(open)) : open(job);
}

/** `open` starts the job of one channel. */
export function eachChannel(open: (job: Job) => AsyncIterable<JobEvent>): RunJob {
  return async ({ job, events }, signal) => {
    const failed = new AbortController();
    const channels: Channel[] = [];
    const merged = new MergedChannels(channels, events);
    const counted = Promise.withResolvers<number>();
    const run = async (number: number): Promise<void> => {
      const channel = new Channel(number);
      channels.push(channel);
      const options = { ...job.options, channel: number };
      const ended = AbortSignal.any([signal, failed.signal]);
      for await (const event of open({ ...job, options, signal: ended })) {
        channel.note(event);
        merged.note(event);
        if (event.type === "progress" && event.channels !== undefined) {
          counted.resolve(event.channels);
        }
      }
      counted.reject(new Error("expected the number of channels, found the end of the events"));
    };
    const others = async (): Promise<void> => {
      const count = await counted.promise;
      if (count > eachChannelMax) throw tooMany(count);
      merged.expected = count;
      await Promise.all(Array.from({ length: count - 1 }, (_, index) => run(index + 2)));
    };
    const first = run(1);
    first.catch((error: unknown) => counted.reject(error));
    const all = [first, others()];
    try {
      await Promise.all(all);
    } catch (error) {
      failed.abort(error);
      throw error;
    } finally {
      await Promise.allSettled(all);
    }
    return merged.transcript(job);
  };
}

// --- internal ---

/** The results of one channel so far. */
class Channel {
  readonly number: number;
  /** Segments that were not merged yet, in order of time. */
  readonly waiting: Segment[] = [];
  progress: JobProgress | null = null;
  work = noWork;
  transcript: Transcript | null = null;

  constructor(number: number) {
    this.number = number;
  }

  /** No later segment of the channel starts before this time, in seconds. */
  get doneS(): number {
    return this.transcript === null ? (this.progress?.doneS ?? 0) : Infinity;
  }

  note(event: JobEvent): void {
    if (event.type === "segment") this.waiting.push({ ...event.segment, channel: this.number });
    else if (event.type === "progress") this.progress = event;
    else if (event.type === "work") this.work = event.work;
    else if (event.type === "done") this.transcript = event.transcript;
  }
}

class MergedChannels {
  readonly #channels: readonly Channel[];
  readonly #events: EventQueue;
  /** Number of channels of the recording. Infinity while it is unknown. */
  expected = Infinity;

  constructor(channels: readonly Channel[], events: EventQueue) {
    this.#channels = channels;
    this.#events = events;
  }

  /** Adds the events of the job that follow from an event of one channel. */
  note({ type }: JobEvent): void {
    if (type === "started") this.#events.start();
    else if (type === "work") {
      this.#events.work(this.#channels.map(({ work }) => work).reduce(addWork, noWork));
    }
    if (this.#channels.length < this.expected) return;
    this.#mergeUntil(Math.min(...this.#channels.map(({ doneS }) => doneS)));
    if (type === "progress") this.#events.progress(this.#progress());
  }

  transcript({ options }: Job): Transcript {
    const transcripts = this.#channels.map(({ transcript, number }) => {
      if (transcript === null) throw new Error(`expected a transcript of channel ${number}`);
      return { ...transcript, number };
    });
    const [first] = transcripts;
    if (first === undefined) throw new Error("expected at least one channel");
    const { segments } = this.#events;
    const inputs = transcripts.flatMap(({ input }) => input ?? []);
    const words = transcripts.flatMap(({ words: spoken, number }) =>
      (spoken ?? []).map((word) => ({ ...word, channel: number })),
    );
    return {
      task: options.task,
      text: textOf(segments),
      language: languageOf(transcripts),
      durationS: Math.max(...transcripts.map(({ durationS }) => durationS)),
      ...(first.audioTrack === undefined ? {} : { audioTrack: first.audioTrack }),
      segments,
      ...(inputs.length === 0
        ? {}
        : {
            input: {
              audioFrames: sum(inputs.map(({ audioFrames }) => audioFrames)),
              promptTokens: Math.max(...inputs.map(({ promptTokens }) => promptTokens)),
            },
          }),
      words: options.words ? words.sort((a, b) => a.startS - b.startS) : null,
    };
  }

  /**
   * Adds the waiting segments that start before `untilS`, in order of time. If segments of several channels start at
   * the same time, the order of these segments is the order of their channels.
   */
  #mergeUntil(untilS: number): void {
    for (;;) {
      const [next] = this.#channels
        .filter(({ waiting: [segment] }) => segment !== undefined && segment.startS < untilS)
        .sort((a, b) => a.waiting[0]!.startS - b.waiting[0]!.startS);
      if (next === undefined) return;
      this.#events.add([{ ...next.waiting.shift()!, id: this.#events.segments.length }]);
    }
  }

  /** The progress of the job is the progress of the slowest channel. */
  #progress(): JobProgress {
    const all = this.#channels.flatMap(({ progress }) => progress ?? []);
    const doneS = Math.min(
      ...this.#channels.map(({ progress, transcript }) =>
        transcript === null ? (progress?.doneS ?? 0) : transcript.durationS,
      ),
    );
    const totalS = all.find((progress) => progress.totalS !== null)?.totalS ?? null;
    const processedS = sum(all.map((progress) => progress.processedS));
    return { type: "progress", doneS, totalS, passes: this.expected, processedS };
  }
}

/** Returns the language of the channel with the most speech. */
function languageOf(transcripts: readonly Transcript[]): string | null {
  const spoken = transcripts.map(({ language, segments }) => ({
    language,
    spokenS: sum(segments.map(({ startS, endS }) => endS - startS)),
  }));
  const known = spoken.filter(({ language }) => language !== null);
  return known.sort((a, b) => b.spokenS - a.spokenS)[0]?.language ?? null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function tooMany(count: number): AsrError {
  return new AsrError(
    "unsupported_value",
    `Cannot transcribe each of ${count} channels: the maximum is ${eachChannelMax}; select one channel by its number`,
    { param: "channel" },
  );
}

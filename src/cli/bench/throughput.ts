/** Measures the throughput with several clients that send requests at the same time. */
import { type Sample } from "../../platform/samples.ts";
import { wavOf } from "../../platform/wav.ts";
import type { BenchServer } from "./bench-server.ts";
import type { Limit } from "./budget.ts";

/** Each number of clients for which the throughput is measured. */
export const clientCounts = [1, 4, 16] as const;

export interface Throughput {
  readonly clients: number;
  readonly requests: number;
  /** Seconds of audio that the server transcribes per second for all clients together. */
  readonly audioPerS: number;
}

/**
 * Measures the throughput. Each client sends a sample, waits for the transcript, and sends the next sample, until the
 * time is used up. The measured time ends with the last response.
 */
export async function measureThroughput(
  server: Pick<BenchServer, "transcribe">,
  { samples, clients }: { readonly samples: readonly Sample[]; readonly clients: number },
  limit: Limit,
): Promise<Throughput> {
  const clips = samples.map((one) => ({ ...one, wav: new Blob([wavOf([one])]) }));
  let requests = 0;
  let audioS = 0;
  const client = async (first: number): Promise<void> => {
    let next = first;
    do {
      const clip = clips[next++ % clips.length];
      if (clip === undefined) throw new Error("expected samples in the executable");
      await server.transcribe(clip.wav, limit.signal);
      requests += 1;
      audioS += clip.durationS;
    } while (!limit.isOver());
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  return { clients, requests, audioPerS: audioS / ((performance.now() - startMs) / 1000) };
}

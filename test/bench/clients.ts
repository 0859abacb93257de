/**
 * Simulates clients that send requests at the same time. Each client sends a clip, waits for the response, and then
 * sends its next clip.
 */
import type { Clip } from "./clips.ts";
import type { RunningSide } from "./side.ts";

/** Sends every clip once, with `clients` clients. Returns the duration in seconds. */
export async function sendAll(
  side: Pick<RunningSide, "transcribe">,
  clips: readonly Clip[],
  clients: number,
): Promise<number> {
  return (await sendEach(side, clips, clients)).seconds;
}

export interface Sent {
  /** Duration of all requests together. */
  readonly seconds: number;
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly clip: Clip;
  readonly text: string;
  readonly ms: number;
}

/** Sends every clip once, with `clients` clients. Returns the answers in the order in which they arrived. */
export async function sendEach(
  side: Pick<RunningSide, "transcribe">,
  clips: readonly Clip[],
  clients: number,
): Promise<Sent> {
  const waiting = [...clips];
  const answers: Answer[] = [];
  const start = performance.now();
  const client = async (): Promise<void> => {
    for (let clip = waiting.shift(); clip !== undefined; clip = waiting.shift()) {
      const sent = performance.now();
      const text = await side.transcribe(clip);
      answers.push({ clip, text, ms: performance.now() - sent });
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { seconds: (performance.now() - start) / 1000, answers };
}

/**
 * Keeps `clients` clients busy during `work`. Then waits for the last responses of the clients, because their requests
 * would disturb the next measurement.
 */
export async function whileBusy<T>(
  side: RunningSide,
  clips: readonly Clip[],
  clients: number,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const client = async (first: number): Promise<void> => {
    for (let i = first; !over.signal.aborted; i++) {
      const clip = clips[i % clips.length];
      if (clip !== undefined) await side.transcribe(clip);
    }
  };
  const busy = Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  try {
    // The clients must continue until `work` has ended. If they end earlier, this is an error.
    const failed = busy.then(() => Promise.reject(new Error("the clients ended early")));
    return await Promise.race([work(), failed]);
  } finally {
    over.abort();
    await busy;
  }
}

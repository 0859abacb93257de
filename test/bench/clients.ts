/** Clients that ask at the same time: each sends its next clip when it has the answer to the last. */
import type { Clip } from "./clips.ts";
import type { RunningSide } from "./side.ts";

/** Sends every clip once, over `clients` clients, and gives the seconds that took. */
export async function sendAll(
  side: RunningSide,
  clips: readonly Clip[],
  clients: number,
): Promise<number> {
  const waiting = [...clips];
  const start = performance.now();
  const client = async (): Promise<void> => {
    for (let clip = waiting.shift(); clip !== undefined; clip = waiting.shift()) {
      await side.transcribe(clip);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (performance.now() - start) / 1000;
}

/** Keeps `clients` clients busy while `work` goes on; what they still wait for then is given up. */
export async function whileBusy<T>(
  side: RunningSide,
  clips: readonly Clip[],
  clients: number,
  work: () => Promise<T>,
): Promise<T> {
  const leaving = new AbortController();
  const client = async (_: unknown, first: number): Promise<void> => {
    for (let i = first; !leaving.signal.aborted; i++) {
      const clip = clips[i % clips.length];
      if (clip !== undefined) await side.transcribe(clip, leaving.signal);
    }
  };
  const busy = Promise.all(Array.from({ length: clients }, client)).catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error;
  });
  try {
    return await Promise.race([work(), busy.then(() => neverSettles)]);
  } finally {
    leaving.abort();
    await busy;
  }
}

// --- internal ---

/** Clients end only by an error, which wins the race, or because the work is over. */
const neverSettles = new Promise<never>(() => {});

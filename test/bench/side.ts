/**
 * Defines the interface to the two programs that the benchmark compares. Through it, the benchmark starts a program and
 * sends requests over HTTP.
 */
import type { Clip } from "./clips.ts";
import type { ServerProcess } from "./server-process.ts";

export interface Side {
  /** Name of the program in the table, with the chosen settings. */
  readonly name: string;
  /** Starts the program and waits until it listens. */
  start(): Promise<RunningSide>;
}

export interface RunningSide extends AsyncDisposable {
  readonly process: ServerProcess;
  /** Returns the transcript of one clip. Throws on any response that is not successful. */
  transcribe(clip: Clip, signal?: AbortSignal): Promise<string>;
}

/** Two values: one for our program and one for the peer. */
export interface Pair<T> {
  readonly ours: T;
  readonly peer: T;
}

export const bothSides = ["ours", "peer"] as const;

/**
 * Measures both programs `rounds` times, in turn, so that a change in the speed of the machine affects both. The order
 * of the programs changes with every round.
 */
export async function alternate<S, T>(
  sides: Pair<S>,
  rounds: number,
  measure: (side: S, round: number) => Promise<T>,
): Promise<Pair<T[]>> {
  const results = { ours: [] as T[], peer: [] as T[] };
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? bothSides : bothSides.toReversed()) {
      results[name].push(await measure(sides[name], round));
    }
  }
  return results;
}

/** Starts both programs and calls `use`. Stops both programs when `use` has ended, even after an error. */
export async function withBoth<T>(
  sides: Pair<Side>,
  use: (running: Pair<RunningSide>) => Promise<T>,
): Promise<T> {
  await using ours = await sides.ours.start();
  await using peer = await sides.peer.start();
  return await use({ ours, peer });
}

/** Returns a running program with OpenAI's API. All requests name `model`. */
export function openaiSide(server: ServerProcess, model: string): RunningSide {
  const url = `${server.url}/v1/audio/transcriptions`;
  return {
    process: server,
    transcribe: (clip, signal) => postForm(url, clip, { model, language: clip.language }, signal),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * Sends a form on a new connection, so that both programs need the same time to connect. Returns the member `text` of
 * the response.
 */
export async function postForm(
  url: string,
  clip: Clip,
  fields: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<string> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", new File([clip.wav], `${clip.name}.wav`, { type: "audio/wav" }));
  const response = await fetch(url, {
    method: "POST",
    body: form,
    keepalive: false,
    signal: signal ?? AbortSignal.timeout(requestTimeoutMs),
  });
  const body = await response.text();
  const text: unknown = response.ok ? JSON.parse(body).text : undefined;
  if (typeof text !== "string") {
    throw new Error(`${url} answered ${response.status} for ${clip.name}: ${body.slice(0, 500)}`);
  }
  return text;
}

// --- internal ---

const requestTimeoutMs = 240_000;

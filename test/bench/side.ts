/** What the two sides of the comparison have in common: a program that is started and asked over HTTP. */
import type { Clip } from "./clips.ts";
import type { ServerProcess } from "./server-process.ts";

export interface Side {
  /** How the table calls it, with the settings that were chosen. */
  readonly name: string;
  /** Starts it and waits until it listens. */
  start(): Promise<RunningSide>;
}

export interface RunningSide extends AsyncDisposable {
  readonly process: ServerProcess;
  /** The text of one clip; throws when the server answers anything else. */
  transcribe(clip: Clip, signal?: AbortSignal): Promise<string>;
}

/** One value of ours and one of the peer's. */
export interface Pair<T> {
  readonly ours: T;
  readonly peer: T;
}

export const bothSides = ["ours", "peer"] as const;

/**
 * Measures both sides `rounds` times in turn, so that a machine that slows down or speeds up does so for both;
 * who comes first changes with every round.
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

/** Starts both, and stops both when `use` is over, however it ends. */
export async function withBoth<T>(
  sides: Pair<Side>,
  use: (running: Pair<RunningSide>) => Promise<T>,
): Promise<T> {
  await using ours = await sides.ours.start();
  await using peer = await sides.peer.start();
  return await use({ ours, peer });
}

/** Sends a form and reads `text` from the answer, on a connection of its own: both sides pay for it alike. */
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

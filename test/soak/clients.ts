/** Clients that ask, leave, come back, and compare each answer with the one that was given alone. */
import type { Sample } from "./material.ts";
import { formOf } from "./material.ts";

/** What a client may meet. */
export interface Tally {
  /** Answers equal to those given alone. */
  equal: number;
  /** Seconds that the slowest of them took. */
  slowestS: number;
  left: number;
  /** 503 with Retry-After, though there is a place for each. */
  toldToComeBack: number;
  /** Told that their runner ended under them twice. */
  killedTwice: number;
  /** Everything else, in words. */
  readonly wrong: string[];
}

export interface Soak {
  readonly url: string;
  readonly samples: readonly Sample[];
  /** The body of the answer that each sample got alone, by its name. */
  readonly alone: ReadonlyMap<string, string>;
  /** Requests that have not been answered. */
  readonly underway: Set<object>;
  /** On the clock of `performance.now()`, as is the end of the killing. */
  readonly endMs: number;
  readonly killingEndMs: number;
}

export function emptyTally(): Tally {
  return { equal: 0, slowestS: 0, left: 0, toldToComeBack: 0, killedTwice: 0, wrong: [] };
}

/** One client after another request until the time is over. */
export async function runClient(soak: Soak, tally: Tally): Promise<void> {
  while (performance.now() < soak.endMs) {
    const sample = pick(soak.samples);
    const waitS = await ask(soak, sample, tally);
    await Bun.sleep(1000 * waitS);
  }
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfterS: number;
}

/** On a connection of its own: those that are kept for later would count as open files. */
export async function post(
  { url, underway }: Pick<Soak, "url" | "underway">,
  body: RequestInit["body"],
  init: RequestInit = {},
): Promise<Answer> {
  const request = {};
  underway.add(request);
  try {
    // The server alone says how long work may take, not Bun's five minutes.
    const own = { method: "POST", body, keepalive: false, timeout: false, ...init };
    const response = await fetch(`${url}/v1/audio/transcriptions`, own);
    const retryAfterS = Number(response.headers.get("retry-after"));
    return { status: response.status, body: await response.text(), retryAfterS };
  } finally {
    underway.delete(request);
  }
}

/** Counts an answer that says why the server could not do it now; whether it was one. */
export function isExcuse({ status, body, retryAfterS }: Answer, tally: Tally): boolean {
  const toldToComeBack = status === 503 && retryAfterS > 0;
  const killedTwice = status === 500 && body.includes('"runner_crashed"');
  if (toldToComeBack) tally.toldToComeBack++;
  if (killedTwice) tally.killedTwice++;
  return toldToComeBack || killedTwice;
}

// --- internal ---

const leavingShare = 0.1;
const staysAtMostMs = 4000;

/** Seconds to wait before the next request. */
async function ask(soak: Soak, sample: Sample, tally: Tally): Promise<number> {
  const leaving = new AbortController();
  const leaves =
    Math.random() < leavingShare
      ? setTimeout(() => leaving.abort(), Math.random() * staysAtMostMs)
      : null;
  try {
    const form = formOf(sample.file, sample.fields);
    const startMs = performance.now();
    const answer = await post(soak, form, { signal: leaving.signal });
    judge(sample, answer, soak, tally);
    tally.slowestS = Math.max(tally.slowestS, (performance.now() - startMs) / 1000);
    return answer.retryAfterS;
  } catch (error) {
    if (leaving.signal.aborted) tally.left++;
    else tally.wrong.push(`${sample.name}: ${String(error)}`);
    return 0;
  } finally {
    if (leaves !== null) clearTimeout(leaves);
  }
}

function judge(sample: Sample, answer: Answer, { alone }: Soak, tally: Tally): void {
  const { status, body } = answer;
  const expected = alone.get(sample.name);
  if (status === 200 && body === expected) tally.equal++;
  else if (status === 200) tally.wrong.push(`${sample.name}: "${body}" instead of "${expected}"`);
  else if (!isExcuse(answer, tally)) tally.wrong.push(`${sample.name}: status ${status}, ${body}`);
}

function pick(samples: readonly Sample[]): Sample {
  let rest = Math.random() * samples.reduce((sum, { weight }) => sum + weight, 0);
  for (const sample of samples) if ((rest -= sample.weight) <= 0) return sample;
  return samples[0]!;
}

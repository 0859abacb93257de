/**
 * Simulates the clients of the soak test. They send requests and sometimes disconnect. They compare each response with
 * the response to the same request without load.
 */
import type { Sample } from "./material.ts";
import { formOf } from "./material.ts";

/** Numbers of results of each kind, over all clients. */
export interface Tally {
  /** Number of responses that are equal to the response to the same request without load. */
  equal: number;
  /** Duration in seconds of the slowest response of any kind. */
  slowestS: number;
  left: number;
  /** Number of responses 503 with Retry-After. It should be 0, because the queue has a slot for every client. */
  toldToRetry: number;
  /**
   * Number of responses 500 with the code runner_crashed. They occur if two runners ended while they worked on the job.
   */
  killedTwice: number;
  /** Descriptions of all other responses. */
  readonly wrong: string[];
}

export interface Soak {
  readonly url: string;
  readonly samples: readonly Sample[];
  /** Maps the name of a sample to the body of its response without load. */
  readonly alone: ReadonlyMap<string, string>;
  /** Requests that have no response yet. */
  readonly underway: Set<object>;
  /** End of the test in milliseconds, on the clock of `performance.now()`. `killingEndMs` uses the same clock. */
  readonly endMs: number;
  readonly killingEndMs: number;
}

export function emptyTally(): Tally {
  return { equal: 0, slowestS: 0, left: 0, toldToRetry: 0, killedTwice: 0, wrong: [] };
}

/** Sends requests, one after another, until the end of the soak test. */
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

/**
 * Sends a request on a connection of its own. If the connection stayed open afterwards, it would count as an open file
 * of the server.
 */
export async function post(
  { url, underway }: Pick<Soak, "url" | "underway">,
  body: RequestInit["body"],
  init: RequestInit = {},
): Promise<Answer> {
  const request = {};
  underway.add(request);
  try {
    // Turns off Bun's default timeout of five minutes. Only the server must limit the time of a request.
    const own = { method: "POST", body, keepalive: false, timeout: false, ...init };
    const response = await fetch(`${url}/v1/audio/transcriptions`, own);
    const retryAfterS = Number(response.headers.get("retry-after"));
    return { status: response.status, body: await response.text(), retryAfterS };
  } finally {
    underway.delete(request);
  }
}

/**
 * Returns whether the response is a 503 with Retry-After, or a 500 with the code runner_crashed. Counts such a response
 * in `tally`.
 */
export function isExcuse({ status, body, retryAfterS }: Answer, tally: Tally): boolean {
  const toldToRetry = status === 503 && retryAfterS > 0;
  const killedTwice = status === 500 && body.includes('"runner_crashed"');
  if (toldToRetry) tally.toldToRetry++;
  if (killedTwice) tally.killedTwice++;
  return toldToRetry || killedTwice;
}

// --- internal ---

const leavingShare = 0.1;
const staysAtMostMs = 4000;

/** Sends one request. Returns the number of seconds to wait before the next request. */
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

/** Clients that ask, leave, come back, and compare each answer with the one that was given alone. */
import type { Sample } from "./material.ts";
import { formOf } from "./material.ts";

/** What a client may meet. */
export interface Tally {
  /** Answers equal to those given alone. */
  equal: number;
  left: number;
  /** 503 with Retry-After: busy, or the next runner is put off. */
  toldToComeBack: number;
  /** The runner was killed under the same request twice. */
  killedTwice: number;
  /** Everything else, in words. */
  readonly wrong: string[];
}

export interface Soak {
  readonly url: string;
  readonly samples: readonly Sample[];
  /** The body of the answer that each sample got alone, by its name. */
  readonly alone: ReadonlyMap<string, string>;
  /** On the clock of `performance.now()`. */
  readonly endMs: number;
}

export function emptyTally(): Tally {
  return { equal: 0, left: 0, toldToComeBack: 0, killedTwice: 0, wrong: [] };
}

/** One client after another request until the time is over. */
export async function runClient(soak: Soak, tally: Tally): Promise<void> {
  while (performance.now() < soak.endMs) {
    const sample = pick(soak.samples);
    const pauseS = await ask(soak, sample, tally);
    await Bun.sleep(1000 * pauseS);
  }
}

/** On a connection of its own: those that are kept for later would count as open files. */
export function post(url: string, body: RequestInit["body"], init: RequestInit = {}) {
  const own = { method: "POST", body, keepalive: false, ...init };
  return fetch(`${url}/v1/audio/transcriptions`, own);
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
    const response = await post(soak.url, form, { signal: leaving.signal });
    return judge(sample, response, await response.text(), soak, tally);
  } catch (error) {
    if (leaving.signal.aborted) tally.left++;
    else tally.wrong.push(`${sample.name}: ${String(error)}`);
    return 0;
  } finally {
    if (leaves !== null) clearTimeout(leaves);
  }
}

function judge(
  sample: Sample,
  { status, headers }: Response,
  body: string,
  soak: Soak,
  tally: Tally,
) {
  const alone = soak.alone.get(sample.name);
  if (status === 200) {
    if (body === alone) tally.equal++;
    else tally.wrong.push(`${sample.name}: "${body}" instead of "${alone}"`);
    return 0;
  }
  const retryAfterS = Number(headers.get("retry-after"));
  if (status === 503 && retryAfterS > 0) {
    tally.toldToComeBack++;
    return retryAfterS;
  }
  if (status === 500 && body.includes('"runner_crashed"')) tally.killedTwice++;
  else tally.wrong.push(`${sample.name}: status ${status}, ${body}`);
  return 0;
}

function pick(samples: readonly Sample[]): Sample {
  let rest = Math.random() * samples.reduce((sum, { weight }) => sum + weight, 0);
  for (const sample of samples) if ((rest -= sample.weight) <= 0) return sample;
  return samples[0]!;
}

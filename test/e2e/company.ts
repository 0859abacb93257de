/** Sends requests to a server, alone and in the company of others, and compares the answers. */
import type { TranscriptionVerbose } from "openai/resources/audio/transcriptions";
import {
  countWordErrors,
  sumWordErrors,
  type WordErrors,
} from "../../src/transcript/word-errors.ts";
import { randomOf } from "../models/fuzz/mutate.ts";
import type { Clip } from "./clip-errors.ts";
import { formOf, recordingFile, type TestServer } from "./server.ts";

/** A request that the tests send more than once. */
export interface Asked {
  readonly clip: Clip;
  readonly prompt: string;
}

export interface Answered {
  readonly asked: Asked;
  readonly requestId: string | null;
  readonly answer: TranscriptionVerbose;
}

/** Sends a request, and returns its answer. `signal` disconnects the client. */
export async function ask(
  server: TestServer,
  model: string,
  asked: Asked,
  signal: AbortSignal | null = null,
): Promise<Answered> {
  const { clip, prompt } = asked;
  const form = formOf({
    file: recordingFile(clip.file),
    model,
    language: clip.language,
    response_format: "verbose_json",
    ...(prompt === "" ? {} : { prompt }),
  });
  // Bun's default timeout would end a request that waits for more than five minutes.
  const noTimeout: RequestInit & { timeout: false } = { timeout: false, signal };
  const response = await server.post(form, noTimeout);
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${clip.file}: status ${response.status}, ${body}`);
  const requestId = response.headers.get("x-request-id");
  return { asked, requestId, answer: JSON.parse(body) as TranscriptionVerbose };
}

/** The answers to requests that were sent one after another. */
export class AnswersAlone {
  readonly #answers = new Map<Asked, TranscriptionVerbose>();

  static async collect(
    server: TestServer,
    model: string,
    requests: readonly Asked[],
  ): Promise<AnswersAlone> {
    const alone = new AnswersAlone();
    for (const asked of requests)
      alone.#answers.set(asked, (await ask(server, model, asked)).answer);
    return alone;
  }

  get(asked: Asked): TranscriptionVerbose {
    return this.#answers.get(asked)!;
  }

  /** Counts the words that differ from the answers to the same requests alone. */
  countDifferences(answered: readonly Answered[]): WordErrors {
    return sumWordErrors(
      answered.map(({ asked, answer }) => countWordErrors(this.get(asked).text, answer.text)),
    );
  }

  /** Returns the file whose text alone is most similar to `text`. */
  closestFile(text: string): string {
    const distances = [...this.#answers].map(([{ clip }, answer]) => ({
      file: clip.file,
      distance: countWordErrors(answer.text, text).wrong,
    }));
    return distances.toSorted((a, b) => a.distance - b.distance)[0]!.file;
  }
}

/** Returns `count` requests in a mixed order. Each of `requests` occurs about equally often. */
export function mixed(requests: readonly Asked[], count: number, seed: number): Asked[] {
  const random = randomOf(seed);
  const places = Array.from({ length: count }, (_, n) => ({
    asked: requests[n % requests.length]!,
    at: random(),
  }));
  return places.toSorted((a, b) => a.at - b.at).map(({ asked }) => asked);
}

/** Returns the values of a metric with all its labels. */
export async function metricValues(server: TestServer, name: string): Promise<number[]> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(name));
  return lines.map((line) => Number(line.slice(line.lastIndexOf(" "))));
}

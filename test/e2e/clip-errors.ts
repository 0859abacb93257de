/** Transcribes the recordings of `test/audio` with a server, and counts the wrong words. */
import { expect } from "bun:test";
import { join } from "node:path";
import type { TranscriptionVerbose } from "openai/resources/audio/transcriptions";
import {
  countWordErrors,
  normalisedWords,
  sumWordErrors,
  type WordErrors,
} from "../../src/transcript/word-errors.ts";
import manifest from "../audio/manifest.json";
import { repository } from "./executable.ts";
import type { TestServer } from "./server.ts";

export type Clip = (typeof manifest)[number];

/** Returns the short clips in which people speak this language. */
export function humanClips(language: string): Clip[] {
  return manifest.filter((clip) => clip.kind === "human" && clip.language === language);
}

/**
 * Transcribes the clips, four at a time. The words of a response must be the words of its text. `times` are the kinds of
 * times to request.
 */
export async function transcribeClips(
  server: TestServer,
  clips: readonly Clip[],
  model: string,
  times: ("word" | "segment")[] = ["segment", "word"],
): Promise<TranscriptionVerbose[]> {
  const answers: TranscriptionVerbose[] = [];
  const waiting = [...clips.entries()];
  const client = server.client({ timeout: 600_000 });
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, clip] = next;
      const answer = await client.audio.transcriptions.create({
        file: new File([Bun.file(join(repository, "test/audio", clip.file))], clip.file),
        model,
        response_format: "verbose_json",
        timestamp_granularities: times,
      });
      answers[index] = answer;
      if (times.includes("word")) {
        const words = (answer.words ?? []).map(({ word }) => word).join(" ");
        expect(normalisedWords(words)).toEqual(normalisedWords(answer.text));
      }
    }
  };
  await Promise.all(Array.from({ length: maxRequests }, work));
  return answers;
}

export function sumErrors(
  clips: readonly Clip[],
  answers: readonly { readonly text: string }[],
): WordErrors {
  return sumWordErrors(
    clips.map((clip, index) => countWordErrors(clip.text, answers[index]!.text)),
  );
}

/** Collects the results of a run. */
export class ErrorTable {
  readonly #rows: { model: string; language: string; clips: number; errors: WordErrors }[] = [];

  note(
    model: string,
    language: string,
    clips: readonly Clip[],
    answers: readonly { readonly text: string }[],
  ): void {
    const errors = sumErrors(clips, answers);
    this.#rows.push({ model, language, clips: clips.length, errors });
  }

  /** Returns the results as a table in the format of docs/accuracy.md. */
  toString(): string {
    const lines = this.#rows.map(({ model, language, clips, errors: { wrong, words } }) => {
      const percent = ((100 * wrong) / words).toFixed(1);
      return `| ${model} | ${language} | ${clips} | ${wrong} of ${words} | ${percent} % |`;
    });
    return [
      "| model | language | clips | wrong words | word-error rate |",
      "|---|---|---|---|---|",
      ...lines,
    ].join("\n");
  }
}

// --- internal ---

const maxRequests = 4;

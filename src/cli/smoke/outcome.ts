/** Defines the outcome of one test of `smoke`. Formats the outcome as a line of text and as JSON. */
import { withBackend } from "../../models/model-ref.ts";
import type { WordErrors } from "../../transcript/word-errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { shownPath } from "../file-names.ts";

export type Outcome =
  | {
      readonly backend: string;
      readonly model: string;
      readonly sample: string;
      /** "ok" if the transcript is accepted (see `isRight`). */
      readonly status: "ok" | "differs";
      /**
       * Number of words that are spoken in the sample. `wrong` is the number of substituted, inserted and missing
       * words.
       */
      readonly words: number;
      readonly wrong: number;
      /**
       * Time to transcribe the sample, in seconds. For the first sample of a model, it includes the time to load the
       * model.
       */
      readonly seconds: number;
      readonly expected: string;
      readonly found: string;
    }
  | {
      readonly backend: string;
      readonly model: string;
      readonly sample: string;
      /** The backend is ready, but the model was not loaded or did not transcribe the sample. */
      readonly status: "failed";
      readonly reason: string;
    }
  | {
      readonly backend: string;
      readonly model: null;
      readonly status: "not_ready";
      readonly reason: string;
    };

/**
 * Returns whether the transcript is accepted: at most one word in five may be wrong. A broken engine returns mostly
 * wrong words or no words. On a machine that works, a small model can still make single errors, for example "asked"
 * instead of "ask". These errors differ between CPUs, because CPUs round differently.
 */
export function isRight({ wrong, words }: WordErrors): boolean {
  return wrong <= words / 5;
}

/** Returns the outcome as one line of text, including the line break at its end. */
export function outcomeText(outcome: Outcome): string {
  const { backend, model, status } = outcome;
  if (status === "not_ready") return line("not ready", backend, outcome.reason);
  const subject = `${withBackend(backend, model)} ${outcome.sample}`;
  if (status === "failed") return line("failed", subject, outcome.reason);
  const { words, wrong, seconds, expected, found } = outcome;
  const counts = `${wrong} of ${words} words wrong, ${seconds.toFixed(1)} s`;
  const texts = wrong === 0 ? "" : `: expected "${expected}", found "${found}"`;
  return line(status, subject, `${counts}${texts}`);
}

/**
 * Returns the outcome as an object for JSON. Every outcome has the same fields. A field is null when it does not apply
 * to the outcome.
 */
export function outcomeJson(outcome: Outcome): Readonly<Record<string, unknown>> {
  return { ...noFacts, ...outcome };
}

/**
 * Returns the exit code `done` if at least one model was tested and all transcripts are accepted. If the user named a
 * backend and this backend is not ready, returns the exit code `failed`.
 */
export function exitCodeOf(outcomes: readonly Outcome[], named: string | null): ExitCode {
  const isAllRight = outcomes.every(
    ({ status }) => status === "ok" || (status === "not_ready" && named === null),
  );
  return isAllRight && outcomes.some(({ status }) => status === "ok")
    ? exitCodes.done
    : exitCodes.failed;
}

// --- internal ---

/** All fields of the JSON object, in the order in which they are printed. */
const noFacts: Readonly<Record<string, unknown>> = {
  backend: null,
  model: null,
  sample: null,
  status: null,
  reason: null,
  words: null,
  wrong: null,
  expected: null,
  found: null,
  seconds: null,
};

const statusWidth = "not ready".length;

function line(status: string, subject: string, facts: string): string {
  return `${status.padEnd(statusWidth)}  ${shownPath(`${subject}: ${facts}`)}\n`;
}

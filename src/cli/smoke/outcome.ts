/** Defines the outcome of a test of `smoke`, and its forms as a line of text and as JSON. */
import type { WordErrors } from "../../transcript/word-errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { shownPath } from "../file-names.ts";

export type Outcome =
  | {
      readonly backend: string;
      readonly model: string;
      readonly sample: string;
      /** See `isRight`. */
      readonly status: "ok" | "differs";
      /** Number of spoken words. `wrong` is the number of substituted, inserted and missing words. */
      readonly words: number;
      readonly wrong: number;
      /** Time for the sample, including the load of the model for its first sample. */
      readonly seconds: number;
      readonly expected: string;
      readonly found: string;
    }
  | {
      readonly backend: string;
      readonly model: string;
      readonly sample: string;
      /** The backend is ready, but the model did not load or did not transcribe. */
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
 * Returns whether the text is right: at most one word in five is wrong. A broken engine returns other words, or none. A
 * small model on a healthy machine sometimes returns "asked" instead of "ask", and another CPU rounds differently.
 */
export function isRight({ wrong, words }: WordErrors): boolean {
  return wrong <= words / 5;
}

/** Returns one line, which ends with a line break. */
export function outcomeText(outcome: Outcome): string {
  const { backend, model, status } = outcome;
  if (status === "not_ready") return line("not ready", backend, outcome.reason);
  const subject = `${model.startsWith(`${backend}:`) ? model : `${backend}:${model}`} ${outcome.sample}`;
  if (status === "failed") return line("failed", subject, outcome.reason);
  const { words, wrong, seconds, expected, found } = outcome;
  const counts = `${wrong} of ${words} words wrong, ${seconds.toFixed(1)} s`;
  const texts = wrong === 0 ? "" : `: expected "${expected}", found "${found}"`;
  return line(status, subject, `${counts}${texts}`);
}

/** Returns an object with the same fields for every outcome. A field is null when it does not apply. */
export function outcomeJson(outcome: Outcome): Readonly<Record<string, unknown>> {
  return { ...noFacts, ...outcome };
}

/**
 * Returns `done` when at least one model was tested, all texts are right, and the backend that the user named, if any, is
 * ready.
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

/** All fields, in the order in which they are printed. */
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

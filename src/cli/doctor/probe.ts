/**
 * Runs the checks of `doctor`. If a check fails or takes too long, adds a note to the report and continues with the
 * other checks.
 */
import type { Finding } from "./report.ts";

/** Result of a check: facts about the checked part of the machine, and findings for the operator. */
export interface Probed<T> {
  readonly facts: T | null;
  readonly findings: readonly Finding[];
}

/** Runs one check. `signal` is aborted when the time limit of the check expires. */
export async function probe<T>(
  check: string,
  msMax: number,
  act: (signal: AbortSignal) => Probed<T> | Promise<Probed<T>>,
): Promise<Probed<T>> {
  const signal = AbortSignal.timeout(msMax);
  const expired = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () =>
      reject(new Error(`it took more than ${msMax / 1000} s`)),
    );
  });
  try {
    return await Promise.race([Promise.resolve().then(() => act(signal)), expired]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { facts: null, findings: [note(check, `could not be checked: ${reason}`)] };
  }
}

export function ok(check: string, text: string): Finding {
  return { check, status: "ok", text, remedy: null };
}

export function note(check: string, text: string, remedy: string | null = null): Finding {
  return { check, status: "note", text, remedy };
}

export function problem(check: string, text: string, remedy: string | null): Finding {
  return { check, status: "problem", text, remedy };
}

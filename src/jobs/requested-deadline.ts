/** Enforces the deadline in a request: the time after which its client has no use for the transcript. */
import { AsrError } from "../errors.ts";
import type { Ticket } from "./ticket.ts";

/** Maximum deadline in a request, in seconds. */
export const deadlineSMax = 24 * 3600;

export interface RequestedDeadline {
  /** Time in seconds from the arrival of the request to its deadline. */
  readonly deadlineS: number;
  /** Returns the measured speed in seconds of audio per second; null before the first measurement. */
  readonly speed: () => number | null;
}

/**
 * Aborts the transcription at its deadline. As soon as the length of the audio is known, aborts a transcription that
 * cannot end in time, even if no other transcription runs.
 */
export function enforceRequestedDeadline(ticket: Ticket, deadline: RequestedDeadline): void {
  const { deadlineS, speed } = deadline;
  ticket.setDeadline(deadlineS);
  const leftS = (): number => deadlineS - ticket.totalS;
  const timer = setTimeout(() => ticket.abort(missed(deadlineS)), Math.max(0, leftS()) * 1000);
  ticket.onStage((stage) => {
    if (stage === "done") clearTimeout(timer);
  });
  ticket.onLength((audioS) => {
    const measured = speed();
    if (measured === null) return;
    const neededS = audioS / measured;
    if (neededS > leftS()) ticket.abort(impossible({ deadlineS, audioS, neededS }));
  });
}

// --- internal ---

function missed(deadlineS: number): AsrError {
  return new AsrError(
    "deadline_exceeded",
    `The transcript was not complete after the ${deadlineS} s of deadline_seconds: send shorter audio, or a later deadline`,
    { param: "deadline_seconds" },
  );
}

interface Estimate {
  readonly deadlineS: number;
  readonly audioS: number;
  readonly neededS: number;
}

function impossible({ deadlineS, audioS, neededS }: Estimate): AsrError {
  return new AsrError(
    "deadline_exceeded",
    `Cannot transcribe ${audioS.toFixed(1)} s of audio within the ${deadlineS} s of deadline_seconds: this server needs ` +
      `about ${neededS.toFixed(1)} s; send shorter audio, or a later deadline`,
    { param: "deadline_seconds" },
  );
}

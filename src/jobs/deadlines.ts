/** Aborts a transcription that waits too long or runs too long. */
import { AsrError, retryLater } from "../errors.ts";
import type { Ticket } from "./ticket.ts";

export interface DeadlineLimits {
  readonly queueTimeoutS: number;
  readonly transcribeTimeoutS: number;
  /** Returns the Retry-After time in seconds for a client whose transcription did not start in time. */
  readonly retryAfterS: () => number;
}

export function enforceDeadlines(ticket: Ticket, limits: DeadlineLimits): void {
  let timer: NodeJS.Timeout | undefined;
  ticket.onStage((stage) => {
    clearTimeout(timer);
    if (stage === "waiting") {
      const end = () => ticket.abort(waitedTooLong(limits));
      timer = setTimeout(end, limits.queueTimeoutS * 1000);
    } else if (stage === "working") {
      const end = () => ticket.abort(workedTooLong(limits));
      timer = setTimeout(end, limits.transcribeTimeoutS * 1000);
    }
  });
}

// --- internal ---

function waitedTooLong({ queueTimeoutS, retryAfterS }: DeadlineLimits): AsrError {
  const message =
    `Server busy: the transcription waited ${queueTimeoutS} s in the queue ` +
    "(limit: OPEN_ASR_SERVER_QUEUE_TIMEOUT_SECONDS)";
  return retryLater("server_busy", message, retryAfterS());
}

function workedTooLong({ transcribeTimeoutS }: DeadlineLimits): AsrError {
  return new AsrError(
    "deadline_exceeded",
    `The transcription took more than ${transcribeTimeoutS} s and was stopped: send shorter audio, ` +
      "or ask the operator to raise OPEN_ASR_SERVER_TRANSCRIBE_TIMEOUT_SECONDS",
  );
}

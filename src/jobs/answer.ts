/** Runs a transcription whose result is one text. The transcription can outlive the request that started it. */
import { abortError } from "../platform/abort.ts";
import type { Ticket } from "./ticket.ts";

export interface Answer {
  /** Id of the request that started the transcription. */
  readonly requestId: string;
  /** Aborting the ticket stops the transcription. */
  readonly ticket: Ticket;
  /**
   * The body of the response. Settles after the transcription has ended and its resources are disposed. Rejects with
   * the abort reason when the ticket was aborted.
   */
  readonly text: Promise<string>;
}

/** Starts a transcription. It takes over the resources: its ticket and its audio file. */
export function startAnswer(
  started: Pick<Answer, "requestId" | "ticket">,
  resources: AsyncDisposableStack,
  work: () => Promise<string>,
): Answer {
  const text = run(work, started.ticket, resources.move());
  // Without this handler, a failure that no request waits for would count as an unhandled rejection.
  text.catch(() => {});
  return { ...started, text };
}

// --- internal ---

async function run(
  work: () => Promise<string>,
  ticket: Ticket,
  resources: AsyncDisposableStack,
): Promise<string> {
  await using _held = resources;
  try {
    return await work();
  } catch (error) {
    // After an abort, throw the abort reason, because the abort has caused this error.
    throw ticket.signal.aborted ? abortError(ticket.signal) : error;
  }
}

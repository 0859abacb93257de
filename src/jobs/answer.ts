/**
 * Runs a transcription whose result is one text. The transcription can continue after the end of the request that
 * started it.
 */
import { abortError } from "../platform/abort.ts";
import type { Ticket } from "./ticket.ts";

export interface Answer {
  /** Id of the request that started the transcription. */
  readonly requestId: string;
  /** Ticket of the transcription. Aborting it stops the transcription. */
  readonly ticket: Ticket;
  /**
   * Body of the response. Settles after the transcription has ended and its resources are disposed. Rejects with the
   * abort reason when the ticket was aborted.
   */
  readonly text: Promise<string>;
}

/** Starts the transcription `work`. Takes over `resources`, which contain the ticket and the audio file. */
export function startAnswer(
  started: Pick<Answer, "requestId" | "ticket">,
  resources: AsyncDisposableStack,
  work: () => Promise<string>,
): Answer {
  const text = run(work, started.ticket, resources.move());
  // Prevents an unhandled rejection when the transcription fails and no request waits for it.
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
    // Throws the abort reason after an abort, because the abort has caused this error.
    throw ticket.signal.aborted ? abortError(ticket.signal) : error;
  }
}

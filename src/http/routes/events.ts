/**
 * Sends a transcription as server-sent events (see `transcript-events.ts`). Each event is one line `data:` with JSON.
 * After the last event, the body ends without an end marker.
 */
import type { AsrError } from "../../errors.ts";
import type { JobEvent } from "../../jobs/events.ts";
import type { Ticket } from "../../jobs/ticket.ts";
import { abortError } from "../../platform/abort.ts";
import { unlessLate } from "../../platform/late.ts";
import { envelopeOf } from "../guards/errors.ts";
import { moveToStream } from "../response-end.ts";
import { eventComment, eventHeaders, eventText } from "../server-sent-events.ts";
import { TranscriptEvents, type TranscriptEventOptions } from "../transcript-events.ts";

export interface EventStream {
  readonly events: AsyncIterable<JobEvent>;
  readonly options: TranscriptEventOptions;
  readonly request: Request;
  readonly ticket: Ticket;
  /** Resources of the request. The stream takes them over and disposes them at its end. */
  readonly resources: AsyncDisposableStack;
  /**
   * Time in seconds without an event after which a comment is sent. Comments are also sent while the job waits in the
   * queue.
   */
  readonly pingS: number;
  /** Records an error that occurs after the headers were sent. Returns the error for the client. */
  readonly fail: (error: unknown) => AsrError;
}

/**
 * Waits for the first event or the first comment, then returns the streamed response. If the job fails before this
 * time, throws the error of the job, so that the response has the HTTP status of this error. If the job fails later,
 * the error becomes the last event.
 */
export async function streamEvents(stream: EventStream): Promise<Response> {
  const { events, options, request, ticket, resources, pingS } = stream;
  const job = events[Symbol.asyncIterator]();
  // The job must end before its audio file is deleted. Resources are disposed in reverse order of their addition. The
  // job is added last, so it ends first.
  resources.defer(async () => void (await job.return?.()));
  const messages = withPings(messagesOf(job, ticket, options), pingS * 1000);
  const first = await messages.next();
  const end = await moveToStream(request, resources);
  return new Response(bodyOf(first, messages, { ...stream, end }), { headers: eventHeaders });
}

// --- internal ---

type Message = IteratorResult<string, void>;

async function* bodyOf(
  first: Message,
  others: AsyncGenerator<string, void>,
  { ticket, request, fail, end }: EventStream & { readonly end: () => Promise<void> },
): AsyncGenerator<string, void> {
  try {
    if (first.done !== true) yield first.value;
    yield* others;
  } catch (error) {
    // Sends the error as an event. If this generator threw the error, Bun would reset the connection, and the client
    // would lose the events that were sent before.
    const failure = fail(ticket.signal.aborted ? abortError(ticket.signal) : error);
    if (!request.signal.aborted) yield eventText(envelopeOf(failure));
  } finally {
    await end();
  }
}

/**
 * Yields the messages, and a comment each time that no message arrived for `quietMs` milliseconds. Does not read
 * messages in advance.
 */
async function* withPings(
  messages: AsyncGenerator<string, void>,
  quietMs: number,
): AsyncGenerator<string, void> {
  for (;;) {
    const next = messages.next();
    let read = await unlessLate(next, quietMs);
    for (; read === null; read = await unlessLate(next, quietMs)) yield eventComment;
    if (read.done === true) return;
    yield read.value;
  }
}

/** Converts the events of a job to messages. When the job fails, throws the error of the job. */
async function* messagesOf(
  job: AsyncIterator<JobEvent>,
  ticket: Ticket,
  options: TranscriptEventOptions,
): AsyncGenerator<string, void> {
  const events = new TranscriptEvents(options);
  for (let read = await job.next(); read.done !== true; read = await job.next()) {
    ticket.note(read.value);
    const event = events.next(read.value);
    if (event !== null) yield eventText(event);
    if (read.value.type === "done") return;
  }
  throw new Error("expected a transcript, found the end of the events");
}

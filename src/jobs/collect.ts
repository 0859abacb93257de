/** Collects the transcript of a job from its events. */
import type { Transcript } from "../transcript/transcript.ts";
import type { JobEvent } from "./events.ts";

/**
 * Reads all events of a job and returns its transcript. Calls `note` with each event and waits for its promise. When
 * the job fails, throws the error of the job.
 */
export async function collect(
  events: AsyncIterable<JobEvent>,
  note: (event: JobEvent) => unknown = () => {},
): Promise<Transcript> {
  let transcript: Transcript | null = null;
  for await (const event of events) {
    await note(event);
    if (event.type === "done") ({ transcript } = event);
  }
  if (transcript === null) throw new Error("expected a transcript, found the end of the events");
  return transcript;
}

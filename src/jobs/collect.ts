/** Reads a job to its end, for a response that is sent whole. */
import type { Transcript } from "../transcript/transcript.ts";
import type { JobEvent } from "./events.ts";

/** Passes each event to `note`, and waits for it. Throws the error of the job. */
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

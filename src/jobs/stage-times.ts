/** Lists where the time of a transcription went, for the metrics and the log. */
import { workStages } from "../ipc/work.ts";
import type { Ticket } from "./ticket.ts";

export type StageTimes = readonly (readonly [stage: string, seconds: number])[];

/** Returns the time in seconds of each stage that the transcription has reached, the upload first. */
export function stageTimes(ticket: Ticket): StageTimes {
  const work = ticket.workDone;
  const uploadS = ticket.secondsIn("uploading");
  return [
    ...(uploadS === null ? [] : [["upload", uploadS] as const]),
    ...(work === null ? [] : workStages.map((stage) => [stage, work[stage]] as const)),
  ];
}

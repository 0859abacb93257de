/** Decides how many lanes are kept free for short jobs. */
import { physicalCores } from "../../platform/physical-cores.ts";

/**
 * Returns the number of lanes that long jobs leave to short ones. With more lanes than cores, the lanes do not each need a
 * core, so one of them can wait for a short job.
 */
export function lanesForShortJobs(lanes: number): number {
  return lanes > physicalCores() ? 1 : 0;
}

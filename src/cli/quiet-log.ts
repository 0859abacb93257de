/** Creates the log of a command that prints its own results and errors. */
import { createLog, type Log, type LogOptions } from "../log.ts";

/** Lines of level "info" are left out, unless the operator asks for level "debug". */
export function quietLog(options: LogOptions): Log {
  const { logLevel } = options;
  return createLog({ ...options, logLevel: logLevel === "info" ? "warn" : logLevel });
}

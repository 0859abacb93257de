/** Creates the log of a command that prints its own results and errors. */
import { createLog, type Log, type LogOptions } from "../log.ts";

/** Returns a log that omits lines of level "info", unless the operator has set the log level "debug". */
export function quietLog(options: LogOptions): Log {
  const { logLevel } = options;
  return createLog({ ...options, logLevel: logLevel === "info" ? "warn" : logLevel });
}

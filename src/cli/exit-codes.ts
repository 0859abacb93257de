/** Exit codes of all commands. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** A flag or a setting is invalid; the command did nothing. */
  usage: 2,
  /** Stopped by a signal: 128 plus the signal's number, as shells expect. */
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

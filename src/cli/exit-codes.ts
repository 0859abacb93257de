/** Exit codes of all commands. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** A flag or a setting is wrong; nothing was done. */
  usage: 2,
  /** Ended by a signal: 128 plus its number, as shells expect. */
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

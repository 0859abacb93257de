/** Exit codes of all commands. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** A flag or a setting is invalid. The command has done nothing. */
  usage: 2,
  /**
   * The signal SIGHUP stopped the command. As in shells, this code and the next two codes are 128 plus the number of
   * the signal.
   */
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What the exit code of each command tells. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** The command line or a setting is wrong; nothing was done. */
  usage: 2,
  /** By Ctrl-C or another signal: 128 and its number, as shells expect it. */
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

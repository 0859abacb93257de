/** What the exit code of each command tells. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** The command line or a setting is wrong; nothing was done. */
  usage: 2,
  /** By Ctrl-C, as shells expect it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

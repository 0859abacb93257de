/** Recognizes the arguments that mean standard input. */

/** Returns whether the argument means standard input: "-", or a path that the system provides for standard input. */
export function isStandardInput(input: string): boolean {
  return ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].includes(input);
}

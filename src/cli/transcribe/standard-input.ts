/** Recognises the arguments that mean standard input. */

/** Returns whether the input is standard input: "-", or a path of the system for it. */
export function isStandardInput(input: string): boolean {
  return ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].includes(input);
}

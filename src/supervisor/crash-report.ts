/** Finds the reason why a runner ended. Uses the standard error output of the runner. */

/**
 * Returns the last line that the process wrote before Bun's crash report. If there is no such line, returns the line of
 * the crash report that contains the cause.
 */
export function lastLine(stderr: string): string {
  const ownText = stderr.split(/^={20,}\nBun v/mu)[0] ?? "";
  const ownLine = ownText.trim().split("\n").at(-1)?.trim() ?? "";
  if (ownLine !== "") return ownLine.slice(0, lineCharactersMax);
  return /^panic.*$/mu.exec(stderr)?.[0] ?? "";
}

/**
 * Returns whether the process probably failed because it could not allocate memory. In most cases, engines and Bun
 * report the failed allocation as text. In other cases, the process uses the null pointer of the failed allocation,
 * which causes a segmentation fault at a low address.
 */
export function soundsLikeNoMemory(stderr: string): boolean {
  return noMemory.test(stderr);
}

// --- internal ---

const lineCharactersMax = 300;

const noMemory =
  /bad_alloc|out of memory|allocate memory|failed to allocate|memory allocation|mem_buffer|ENOMEM|Segmentation fault at address 0x[\da-f]{1,3}\b/iu;

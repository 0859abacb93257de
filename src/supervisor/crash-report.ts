/** What the standard error of a runner that ended says about the cause. */

/** The last line that the process wrote. Bun's crash report counts as one line: the cause that it names. */
export function lastLine(stderr: string): string {
  const ownText = stderr.split(/^={20,}\nBun v/mu)[0] ?? "";
  const ownLine = ownText.trim().split("\n").at(-1)?.trim() ?? "";
  if (ownLine !== "") return ownLine.slice(0, lineCharactersMax);
  return /^panic.*$/mu.exec(stderr)?.[0] ?? "";
}

/**
 * Whether the process probably could not get memory. Engines and Bun often report that in words; else they use the null
 * pointer of a failed allocation, or run without the compiler that has no memory for its code.
 */
export function soundsLikeNoMemory(stderr: string): boolean {
  return noMemory.test(stderr);
}

// --- internal ---

const lineCharactersMax = 300;

const noMemory =
  /bad_alloc|out of memory|allocate memory|failed to allocate|memory allocation|mem_buffer|ENOMEM|Segmentation fault at address 0x[\da-f]{1,3}\b/iu;

/** Runs a program until it ends, and measures its time and memory. */
import { memoryOf } from "../process-tree.ts";

export interface Run {
  readonly seconds: number;
  /** Processor time in seconds. It depends little on other work on the machine. */
  readonly cpuSeconds: number;
  /** Peak resident memory in bytes. */
  readonly peakBytes: number;
  readonly output: string;
}

/**
 * Time between two measurements of memory, in milliseconds. The time is short, because the last measurement must be
 * close to the end of the program.
 */
const lookMs = 5;

export async function measure(command: readonly string[], keepOutput = false): Promise<Run> {
  const start = performance.now();
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: keepOutput ? "pipe" : "ignore",
    stderr: "pipe",
  });
  // The memory is measured repeatedly, because the peak that the kernel reports at the end includes the memory of the
  // process that started the program.
  let peakBytes = 0;
  const looking = setInterval(() => {
    if (child.exitCode === null) peakBytes = Math.max(peakBytes, memoryOf(child.pid).peakBytes);
  }, lookMs);
  const [code, output, errors] = await Promise.all([
    child.exited,
    child.stdout?.text() ?? "",
    child.stderr.text(),
  ]);
  clearInterval(looking);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${errors}`);
  const seconds = (performance.now() - start) / 1000;
  const cpuSeconds = Number(child.resourceUsage()?.cpuTime.total ?? 0n) / 1e6;
  return { seconds, cpuSeconds, peakBytes, output };
}

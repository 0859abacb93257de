/** Runs one program to its end and measures it. */
import { memoryOf } from "../process-tree.ts";

export interface Run {
  readonly seconds: number;
  /** Processor time, which depends little on other work of the machine. */
  readonly cpuSeconds: number;
  /** Peak resident memory. */
  readonly peakBytes: number;
  readonly output: string;
}

/** Short enough that the last measurement is close to the end. */
const lookMs = 5;

export async function measure(command: readonly string[], keepOutput = false): Promise<Run> {
  const start = performance.now();
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: keepOutput ? "pipe" : "ignore",
    stderr: "pipe",
  });
  // Sampled here, because the kernel's own peak at the end also counts the memory of the process that started the
  // program.
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

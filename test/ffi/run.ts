import { finished } from "../finished.ts";

/** Runs a command and returns its output. Throws the output if the command failed. */
export async function run(...parts: readonly (readonly string[])[]): Promise<string> {
  const child = Bun.spawn(parts.flat(), { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const { stdout, stderr, code } = await finished(child);
  if (code !== 0) throw new Error(`${parts.flat()[0]} failed (${code}): ${stderr.slice(-4000)}`);
  return stderr + stdout;
}

/** Runs a command and returns its output. Throws the output if the command failed. */
export async function run(...parts: readonly (readonly string[])[]): Promise<string> {
  const child = Bun.spawn(parts.flat(), { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${parts.flat()[0]} failed (${code}): ${errors.slice(-4000)}`);
  return errors + output;
}

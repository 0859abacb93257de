/** Entry of the executable: the command line, or, as `runner`, the process that holds one loaded model. */

async function main(): Promise<void> {
  // Each loads only what it needs: a runner no command line, a command no other command.
  if (process.argv[2] === "runner") {
    // Ctrl-C and service managers signal all processes at once: the parent says when this one ends.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
    const { runChild } = await import("./runner/child.ts");
    return runChild();
  }
  // Whoever reads what is told there may leave before the work is done: no reason to end it.
  process.stderr.on("error", () => {});
  const { runCommandLine } = await import("./cli/command-line.ts");
  process.exit(await runCommandLine(process.argv.slice(2)));
}

void main();

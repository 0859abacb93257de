/** Entry of the executable: the command line, or, as `runner`, the process that holds one model. */

async function main(): Promise<void> {
  // Imports are dynamic, so that a runner does not load the command line, nor one command another.
  if (process.argv[2] === "runner") {
    // Ctrl-C and service managers signal all processes at once; only the parent decides when a runner ends.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
    const { runChild } = await import("./runner/child.ts");
    return runChild();
  }
  // The reader of standard error may leave early; the work goes on.
  process.stderr.on("error", () => {});
  const { runCommandLine } = await import("./cli/command-line.ts");
  process.exit(await runCommandLine(process.argv.slice(2)));
}

void main();

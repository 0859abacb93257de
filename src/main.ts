/**
 * Entry point of the executable. With the argument `runner`, the process is a runner. The command line handles all
 * other arguments.
 */

async function main(): Promise<void> {
  // Imports are dynamic, so that each process loads only the code that it needs.
  if (process.argv[2] === "runner") {
    // Ctrl-C and service managers send a signal to all processes of the server. A runner ignores these signals, because
    // its parent process ends it.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
    const { runChild } = await import("./runner/child.ts");
    return runChild();
  }
  // If a command waits for something that can no longer happen, the runtime ends the process. The exit code must then
  // not be 0.
  process.exitCode = 1;
  const { runCommandLine } = await import("./cli/command-line.ts");
  process.exit(await runCommandLine(process.argv.slice(2)));
}

void main();

/**
 * Runs a command of the executable until it ends, in a folder of its own. The command can also run in a terminal of a
 * given width.
 */
import { finished } from "../finished.ts";
import { executable, openScratch } from "./executable.ts";

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: Blob;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface TerminalOptions {
  readonly columns: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** The test presses Ctrl-C when the terminal shows this text. */
  readonly interruptAt?: string;
}

/** Creates the functions that run commands. `common` is part of the environment of every command. */
export function openCommandLine(common: Readonly<Record<string, string>> = {}) {
  const scratch = openScratch();
  const optionsOf = (environment: Readonly<Record<string, string>> = {}) => ({
    cwd: scratch.folder,
    env: { ...scratch.environment, ...common, ...environment },
  });
  const finish = async (cmd: string[], options: CommandOptions): Promise<CommandResult> => {
    const child = Bun.spawn(cmd, {
      ...optionsOf(options.environment),
      stdin: options.stdin ?? "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    return finished(child);
  };
  return {
    folder: scratch.folder,
    environment: optionsOf().env,
    run: (args: readonly string[], options: CommandOptions = {}) =>
      finish([executable, ...args], options),
    /** Runs a bash script. $ASR is the path of the executable. */
    shell: (script: string, environment: Readonly<Record<string, string>> = {}) =>
      finish(["bash", "-c", script], { environment: { ...environment, ASR: executable } }),
    /** Runs a command in a terminal. Returns everything that the command wrote to the terminal. */
    async inTerminal(args: readonly string[], options: TerminalOptions) {
      let text = "";
      const decoder = new TextDecoder();
      let isInterrupted = false;
      const child = Bun.spawn([executable, ...args], {
        ...optionsOf({ TERM: "xterm-256color", ...options.environment }),
        terminal: {
          cols: options.columns,
          rows: 24,
          data(terminal, bytes) {
            text += decoder.decode(bytes, { stream: true });
            if (options.interruptAt === undefined || isInterrupted) return;
            isInterrupted = text.includes(options.interruptAt);
            if (isInterrupted) terminal.write("\u0003");
          },
        },
      });
      const code = await child.exited;
      child.terminal?.close();
      return { text, code };
    },
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

/** Runs a command in tmux, a terminal whose screen can be read. */
import { executable } from "./executable.ts";

export const hasTmux = Bun.which("tmux") !== null;

export interface TmuxOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly columns: number;
}

export interface Screen extends Disposable {
  /** Returns the lines of the screen without empty lines at the end. */
  lines(): string[];
}

/**
 * Starts the executable in a new terminal of tmux. After the executable has ended, the last line on the screen is
 * `exit: ` and the exit code.
 */
export function startInTmux(args: readonly string[], options: TmuxOptions): Screen {
  const socket = `open-asr-server-${process.pid}-${options.columns}`;
  const tmux = (...words: string[]) =>
    Bun.spawnSync(["tmux", "-L", socket, "-f", "/dev/null", ...words], {
      cwd: options.folder,
      env: {
        ...options.environment,
        PATH: process.env["PATH"] ?? "",
        TERM: "xterm-256color",
        LC_ALL: "C.UTF-8",
      },
    });
  const script = '"$@"; echo "exit: $?"; exec sleep 600';
  const size = ["-x", String(options.columns), "-y", "24"];
  tmux("new-session", "-d", ...size, "sh", "-c", script, "sh", executable, ...args);
  return {
    lines: () => tmux("capture-pane", "-p").stdout.toString().trimEnd().split("\n"),
    [Symbol.dispose]: () => void tmux("kill-server"),
  };
}

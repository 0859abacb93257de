/** Runs systemd for one user, on a machine that was booted with systemd or without it. */
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "./server.ts";

const manager = "/lib/systemd/systemd";

/** Whether this machine has systemd. */
export const hasSystemd = existsSync(manager);

export interface UserManager extends AsyncDisposable {
  /** Runs systemctl for this user and returns its standard output. */
  readonly systemctl: (...args: readonly string[]) => string;
}

/**
 * Starts systemd with this environment, which contains HOME and XDG_RUNTIME_DIR, and returns when it runs. `asUser` are the words that start a
 * program as another user. That user needs a control group, so this only works for root.
 */
export async function startManager(
  env: Record<string, string>,
  user: { readonly uid: number; readonly asUser: readonly string[] } | null = null,
): Promise<UserManager> {
  const isMade = !existsSync(booted);
  if (isMade) mkdirSync(booted, { recursive: true });
  const group = user === null ? null : join(groups(), `open-asr-server-test-${user.uid}`);
  const command =
    user === null
      ? [manager, "--user"]
      : [
          "sh",
          "-c",
          enterGroup,
          "sh",
          group ?? "",
          String(user.uid),
          ...user.asUser,
          manager,
          "--user",
        ];
  const child = Bun.spawn(command, { env, stdout: "ignore", stderr: "ignore" });
  const systemctl = (...args: readonly string[]) => {
    const words = [...(user?.asUser ?? []), "systemctl", "--user", ...args];
    return Bun.spawnSync(words, { env, stderr: "ignore" }).stdout.toString().trim();
  };
  await until("systemd runs", () =>
    ["running", "degraded"].includes(systemctl("is-system-running")),
  );
  return {
    systemctl,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      if (group !== null) Bun.spawnSync(["sh", "-c", leaveGroup, "sh", group]);
      if (isMade) rmdirSync(booted);
    },
  };
}

// --- internal ---

/** Programs take a system for one that was booted with systemd when this folder exists. */
const booted = "/run/systemd/system";

/** Creates a control group for the user, and runs the rest of the arguments in it. */
const enterGroup =
  'mkdir "$1" && chown -R "$2" "$1" && echo $$ > "$1/cgroup.procs" && shift 2 && exec "$@"';

/** Ends all processes in the control group, and removes it. */
const leaveGroup = `
  for procs in $(find "$1" -name cgroup.procs); do kill -9 $(cat "$procs"); done 2>/dev/null
  sleep 0.5; find "$1" -depth -type d -exec rmdir {} +`;

function groups(): string {
  const root = "/sys/fs/cgroup";
  const hybrid = join(root, "unified");
  return existsSync(hybrid) ? hybrid : root;
}

/** Starts the executable as a server with pipes that the test controls, or as another user. */
import { type ChildProcess, spawn, type SpawnOptions, spawnSync } from "node:child_process";
import { once } from "node:events";
import { executable } from "./executable.ts";

/**
 * A user id that does not belong to any user. Null if the tests cannot switch users, or if another user may not run the
 * executable.
 */
export const unknownUser: number | null = canRunAs(54_321) ? 54_321 : null;

export async function spawnServer(options: Pick<SpawnOptions, "env" | "uid" | "gid">) {
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  const child = spawn(executable, ["serve", "--port", "0"], { ...options, stdio });
  const said: string[] = [];
  child.stdout.on("data", (bytes: Buffer) => said.push(bytes.toString()));
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  const url = /http:\/\/[^,\s"]+/.exec(said.join(""))?.[0];
  if (url === undefined) {
    const [words] = (await once(child.stderr, "data")) as [Buffer];
    throw new Error(`The server did not start: ${words.toString()}`);
  }
  return { child, url };
}

export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

// --- internal ---

function canRunAs(id: number): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  return spawnSync(executable, ["--version"], { uid: id, gid: id, env: {} }).status === 0;
}

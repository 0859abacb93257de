/** A client in another language: how it is installed, and the report that its program prints. */
import { join } from "node:path";
import { buildFolder } from "../../vendor/packages.mjs";

export interface Client {
  /** As in docs/clients.md. */
  readonly name: string;
  /** The version that the pins of its packages choose. Absent: the one that this machine has. */
  readonly version?: string;
  /** The class of its error for an unknown model. Absent: its program does not try one. */
  readonly errorClass?: string;
  /** Parts of a report that it cannot give: a library may lack the list of models, or words. */
  readonly without?: readonly ("version" | "words" | "models")[];
  /**
   * The programs of its toolchain. Its test is skipped on a machine that lacks one of them. Empty when every machine that runs
   * the tests has them.
   */
  readonly needs: readonly string[];
  /** Installs or compiles the client, once for each version. Returns the command that starts its program. */
  install(): Promise<readonly string[]>;
}

/** What a client's program prints: the parts of the server's responses that the client passed on. */
export interface Report {
  readonly version?: string;
  readonly text: string;
  readonly words?: readonly { word: string; start: number; end: number }[];
  readonly models?: readonly string[];
  readonly error?: { class: string; status: number; code: string };
}

/** The arguments of a client's program. */
export interface Target {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly audio: string;
}

/** Folder of what the clients install. */
export const clientsFolder = join(buildFolder, "clients");

/** Runs a client's program against the server. */
export async function reportOf(command: readonly string[], target: Target): Promise<Report> {
  const child = Bun.spawn([...command, target.baseUrl, target.apiKey, target.audio], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: programTimeoutMs,
  });
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const exitCode = await child.exited;
  if (exitCode !== 0) throw new Error(`${command.join(" ")} failed (${exitCode}): ${errors}`);
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as Report;
}

// --- internal ---

const programTimeoutMs = 100_000;

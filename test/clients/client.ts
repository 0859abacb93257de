/** Describes a client in another language: how the client is installed, and the report that its program prints. */
import { join } from "node:path";
import { buildFolder } from "../../vendor/packages.mjs";

export interface Client {
  /** Name of the client, as in docs/clients.md. */
  readonly name: string;
  /** Version of the client, from its pinned packages. Absent when this machine's installed version is used. */
  readonly version?: string;
  /**
   * Name of the class in the client's library for the error of an unknown model. Absent if the client's program does
   * not request an unknown model.
   */
  readonly errorClass?: string;
  /** Matches the code of the error. By default, it is OpenAI's code. If an API has no codes, matches the message. */
  readonly errorCode?: RegExp;
  /**
   * Parts of the report that the program cannot provide. For example, a library may have no function for the list of
   * models.
   */
  readonly without?: readonly ("version" | "words" | "models")[];
  /** Whether the program requests a streamed transcription. */
  readonly streams?: true;
  /**
   * Programs that the machine must have to install or compile the client. If a program is missing, the test is skipped.
   * The list is empty if every test machine has the programs.
   */
  readonly needs: readonly string[];
  /**
   * Installs or compiles the client, unless this has been done for the same version before. Returns the command that
   * starts the client's program.
   */
  install(): Promise<readonly string[]>;
}

/** Output of a client's program: the parts of the server's responses that the client library returned. */
export interface Report {
  readonly version?: string;
  readonly text: string;
  readonly words?: readonly { word: string; start: number; end: number }[];
  readonly models?: readonly string[];
  /** Texts of the delta events and of the last event of a streamed transcription. */
  readonly streamed?: { readonly deltas: readonly string[]; readonly done: string };
  readonly error?: { class: string; status: number; code: string };
}

/** Arguments of a client's program. */
export interface Target {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly audio: string;
}

/** Folder in which clients are installed. */
export const clientsFolder = join(buildFolder, "clients");

/** Runs a client's program against the server. Returns its report. */
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

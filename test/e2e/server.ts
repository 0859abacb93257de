/** Starts the executable as a server on a free port with an environment of its own, and stops it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI, { type ClientOptions } from "openai";
import { executable, openScratch, repository } from "./executable.ts";
import { childrenOf } from "./processes.ts";

export interface ServerOptions {
  /** Environment variables of the server. `startServer` adds the variables for a cache folder and a spool folder. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** Working directory of the server. By default, this is a temporary folder. */
  readonly cwd?: string;
  /** Path of the executable. By default, this is the executable that was built. */
  readonly executable?: string;
}

/**
 * Environment that enables the null engine. It turns off voice activity detection, which would remove the tones that
 * tests send to the null engine.
 */
export const nullEngine = { OPEN_ASR_SERVER_NULL_BACKEND: "1", OPEN_ASR_VAD: "off" } as const;

export type TestServer = Awaited<ReturnType<typeof startServer>>;

export async function startServer(options: ServerOptions = {}) {
  const { environment = {}, flags = [] } = options;
  const scratch = openScratch();
  const child = Bun.spawn([options.executable ?? executable, "serve", "--port", "0", ...flags], {
    cwd: options.cwd ?? scratch.folder,
    // By default, no server measures its models, because the measurement takes CPU time from the tests.
    env: { ...scratch.environment, OPEN_ASR_SERVER_CALIBRATION: "off", ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let log = "";
  void (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of child.stderr) log += decoder.decode(bytes, { stream: true });
  })();
  const startLine = await firstLine(child.stdout);
  const url = /http:\/\/[^,\s"]+/.exec(startLine)?.[0];
  if (url === undefined) {
    throw new Error(
      `The server did not start: ${startLine}${log} (exit code ${await child.exited})`,
    );
  }

  return {
    url,
    startLine,
    pid: child.pid,
    folder: scratch.folder,
    /** Returns the standard error output so far. */
    log: () => log,
    /** Creates a client with OpenAI's library. The client does not retry, because tests check the first response. */
    client: (more: ClientOptions = {}) =>
      new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0, ...more }),
    /** Posts a form to /v1/audio/transcriptions. */
    post: (body: NonNullable<RequestInit["body"]>, init: RequestInit = {}) =>
      fetch(`${url}/v1/audio/transcriptions`, { method: "POST", body, ...init }),
    runners: () => childrenOf(child.pid),
    spoolFolder: scratch.spoolFolder,
    /** Returns the files of uploads that are on disk. */
    spooled: () =>
      readdirSync(scratch.spoolFolder, { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isFile() && /^\d+$/.test(entry.name),
      ),
    /** Returns all entries of the spool folder, including the folders that servers have created. */
    spoolEntries: () => readdirSync(scratch.spoolFolder),
    /** Sends a signal to the server. Resolves to its exit code. */
    async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
      child.kill(signal);
      return child.exited;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      // After a failed test, a request may still run, and the server would wait until the request ends. A second signal
      // stops the server immediately.
      const impatience = setTimeout(() => child.kill("SIGTERM"), 2000);
      await child.exited;
      clearTimeout(impatience);
      scratch[Symbol.dispose]();
    },
  };
}

/**
 * Waits until `condition` returns true. Throws after `limitS` seconds. The limit only ends tests that hang, because no
 * test measures this time.
 */
export async function until(what: string, condition: () => boolean, limitS = 30): Promise<void> {
  const end = performance.now() + limitS * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not within ${limitS} s: ${what}`);
    await Bun.sleep(20);
  }
}

export function formOf(fields: Readonly<Record<string, string | Blob>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

/** Returns a recording of `test/audio` for a form. */
export function recordingFile(name: string): File {
  return new File([readFileSync(join(repository, "test/audio", name))], name);
}

// --- internal ---

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
    if (text.includes("\n")) return text;
  }
}

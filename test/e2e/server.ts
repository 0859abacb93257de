/** Starts the executable as a server on a free port, with its own environment, and stops it. */
import { readdirSync } from "node:fs";
import OpenAI, { type ClientOptions } from "openai";
import { executable, openScratch } from "./executable.ts";
import { childrenOf } from "./processes.ts";

export interface ServerOptions {
  /** Added to an environment that only names a cache folder and a spool folder. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** The working directory of the server; by default a scratch folder. */
  readonly cwd?: string;
  /** The executable to start; by default the one that was built. */
  readonly executable?: string;
}

/** Enables the null engine. Its tests send tones, which voice activity detection would remove. */
export const nullEngine = { OPEN_ASR_SERVER_NULL_BACKEND: "1", OPEN_ASR_VAD: "off" } as const;

export type TestServer = Awaited<ReturnType<typeof startServer>>;

export async function startServer(options: ServerOptions = {}) {
  const { environment = {}, flags = [] } = options;
  const scratch = openScratch();
  const child = Bun.spawn([options.executable ?? executable, "serve", "--port", "0", ...flags], {
    cwd: options.cwd ?? scratch.folder,
    env: { ...scratch.environment, ...environment },
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
    /** Standard error so far. */
    log: () => log,
    /** OpenAI's client, which does not retry here: the tests check the first response. */
    client: (more: ClientOptions = {}) =>
      new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0, ...more }),
    /** Posts a form to /v1/audio/transcriptions. */
    post: (body: RequestInit["body"], init: RequestInit = {}) =>
      fetch(`${url}/v1/audio/transcriptions`, { method: "POST", body, ...init }),
    runners: () => childrenOf(child.pid),
    spoolFolder: scratch.spoolFolder,
    /** Files of uploads on disk. */
    spooled: () =>
      readdirSync(scratch.spoolFolder, { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isFile() && /^\d+$/.test(entry.name),
      ),
    /** Everything in the spool folder, including the servers' own folders. */
    spoolEntries: () => readdirSync(scratch.spoolFolder),
    /** Sends a signal and resolves to the exit code. */
    async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
      child.kill(signal);
      return child.exited;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      // After a failed test, a request may still run, and the server would wait for it. A second signal stops it at once.
      const impatience = setTimeout(() => child.kill("SIGTERM"), 2000);
      await child.exited;
      clearTimeout(impatience);
      scratch[Symbol.dispose]();
    },
  };
}

/** Waits until `condition` is true. Tests do not measure this time; the limit only ends a test that hangs. */
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

/**
 * `open-asr-server health`: asks a server on this machine whether it is alive. Exits with code 0 if it is, otherwise
 * with code 1, so that the health check of a container can use it.
 */
import { get, type IncomingMessage } from "node:http";
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { errorCode } from "../platform/error-code.ts";
import { type Config, loadConfig, UsageError } from "../settings/config.ts";
import { integer } from "../settings/value.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { readArgs, readFlag, settingArgs } from "./flags.ts";
import { print } from "./print.ts";
import { serverUrl } from "./server-url.ts";
import { standardError } from "../platform/standard-error.ts";

const timeoutS = integer("SECONDS", 1, 3600);
const waitS = integer("SECONDS", 0, 24 * 60 * 60);

const args: ArgsDef = {
  ready: {
    type: "boolean",
    description: "Ask whether the server accepts work: it has loaded the models of --preload",
  },
  timeout: {
    type: "string",
    valueHint: timeoutS.hint,
    description: "Maximum time for one answer (default: 5)",
  },
  wait: {
    type: "string",
    valueHint: waitS.hint,
    description: "Ask again for up to this long, until the answer is good (default: 0)",
  },
  quiet: { type: "boolean", alias: "q", description: "Print nothing" },
  ...settingArgs("health"),
};

export const health: CommandDef = defineCommand({
  meta: { name: "health", description: "Check whether a server on this machine is alive" },
  args,
  run({ rawArgs }) {
    const { flags } = readArgs(rawArgs, args, "health");
    const url = healthUrl(loadConfig(flags), flags["ready"] === undefined ? "/health" : "/ready");
    return checkHealth({
      url,
      timeoutMs: readFlag("timeout", flags["timeout"] ?? "5", timeoutS) * 1000,
      waitMs: readFlag("wait", flags["wait"] ?? "0", waitS) * 1000,
      isQuiet: flags["quiet"] !== undefined,
    });
  },
});

// --- internal ---

interface Check {
  readonly url: string;
  readonly timeoutMs: number;
  readonly waitMs: number;
  readonly isQuiet: boolean;
}

/** Time between two requests to the server, in milliseconds. */
const pauseMs = 200;

/** Returns the URL of a health route. Such a route needs no API key. */
function healthUrl({ host, port }: Pick<Config, "host" | "port">, path: string): string {
  if (port === 0) {
    throw new UsageError(
      "The port is 0, so the server chose a free one: write --port with the port that it printed",
    );
  }
  return `${serverUrl({ host, port })}${path}`;
}

async function checkHealth({ url, timeoutMs, waitMs, isQuiet }: Check): Promise<ExitCode> {
  const end = performance.now() + waitMs;
  for (;;) {
    const problem = await problemOf(url, timeoutMs);
    if (problem === null) {
      if (!isQuiet) await print(`${url}: ok\n`);
      return exitCodes.done;
    }
    if (performance.now() + pauseMs > end) {
      if (!isQuiet) standardError.write(`open-asr-server: ${url}: ${problem}\n`);
      return exitCodes.failed;
    }
    await Bun.sleep(pauseMs);
  }
}

/** Asks the server and returns the problem that the answer shows, or null when the answer is good. */
async function problemOf(url: string, timeoutMs: number): Promise<string | null> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const status = await statusOf(url, signal);
    return status === 200 ? null : `the status of the answer is ${status}, expected 200`;
  } catch (error) {
    if (signal.aborted) return `no answer within ${timeoutMs / 1000} s`;
    const reason = error instanceof Error ? error.message : String(error);
    return failures[errorCode(error)] ?? `the answer is not HTTP: ${reason}`;
  }
}

const failures: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    "no program listens on this address; start the server, or give its --host and --port",
  ECONNRESET: "the connection was closed without an answer",
  ENOTFOUND: "the name does not resolve to an address; give the --host of the server",
};

/**
 * Returns the status of the response. Does not read the body, because the status is enough. Does not use `fetch`: if
 * the environment contains a proxy, `fetch` sends every request to the proxy, even a request to this machine.
 */
async function statusOf(url: string, signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = get(url, { signal, agent: false }, resolve).on("error", reject);
  // For a response with status 101, `get` emits this event and does not call `resolve`.
  request.on("upgrade", (response, socket) => {
    socket.destroy();
    resolve(response);
  });
  const response = await promise;
  response.destroy();
  return response.statusCode ?? 0;
}

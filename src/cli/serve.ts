/** `open-asr-server serve`: settings -> server -> one start line -> until a signal, which leaves nothing behind. */
import { type CommandDef, defineCommand } from "citty";
import { version } from "../../package.json";
import { type Config, loadConfig, settingsWithoutEffect } from "../config.ts";
import { AsrError } from "../errors.ts";
import type { Transcriber } from "../job.ts";
import { createLog } from "../log.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { readArgs, settingArgs } from "./flags.ts";
import { stopSignal } from "./signals.ts";

export const serve: CommandDef = defineCommand({
  meta: { name: "serve", description: "Serve OpenAI's transcription API over HTTP" },
  args: settingArgs("serve"),
  run: ({ rawArgs }) => runServe(loadConfig(readArgs(rawArgs, settingArgs("serve")).flags)),
});

// --- internal ---

async function runServe(config: Config): Promise<ExitCode> {
  const stopped = stopSignal();
  const log = createLog(config.logLevel);
  const [{ createServer, listen }, { createRegistry }, { Spool }] = await Promise.all([
    import("../server.ts"),
    import("../registry.ts"),
    import("../spool.ts"),
  ]);
  using spool = Spool.open(config.spoolDir);
  const transcriber = createRegistry(config, log);
  for (const model of [config.defaultModel, ...config.preload])
    transcriber.check(model, "operator");

  const server = createServer({ transcriber, spool, config, log, version });
  const listener = openListener(() => listen(server, config), config);
  process.stdout.write(startLine(listener.url, transcriber, config));
  for (const words of settingsWithoutEffect()) log.warn(words);
  if (config.apiKeys.length === 0 && !isLoopback(config.host)) {
    log.warn("Every machine that reaches this address is let in: set OPEN_ASR_SERVER_API_KEY");
  }
  try {
    const preloaded = Promise.all(config.preload.map((model) => transcriber.preload(model)));
    await Promise.race([stopped, preloaded]);
    return (await stopped) === "SIGINT" ? exitCodes.interrupted : exitCodes.done;
  } finally {
    await Promise.all([listener.stop(), transcriber.close()]);
  }
}

function openListener<T>(open: () => T, { host, port }: Config): T {
  try {
    return open();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = listenFailures[code] ?? (error instanceof Error ? error.message : String(error));
    throw new AsrError("internal_error", `Cannot listen on ${host} port ${port}: ${reason}`);
  }
}

const listenFailures: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use; choose another with --port, or --port 0 for any free one",
  EADDRNOTAVAIL: "this machine has no such address; choose another with --host",
  EACCES: "this user may not; ports below 1024 are for the system, choose another with --port",
};

function startLine(url: string, transcriber: Transcriber, { defaultModel }: Config): string {
  const model = defaultModel ?? transcriber.models()[0]?.id ?? "none";
  const example = `curl ${url}/v1/audio/transcriptions -F file=@audio.mp3`;
  return `open-asr-server ${version} listens on ${url}, default model "${model}"; try: ${example}\n`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

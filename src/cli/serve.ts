/**
 * `open-asr-server serve`: reads the settings, starts the server and prints its address. On a signal, waits for running
 * requests and then stops the server.
 */
import { type CommandDef, defineCommand } from "citty";
import { version } from "../../package.json";
import { type Config, loadServerConfig } from "../settings/config.ts";
import { deviceMachine } from "../settings/machine.ts";
import { libraryForGpu } from "../models/backends/device.ts";
import { listBackends } from "../models/backends/index.ts";
import { cpuFeatures } from "../platform/cpu-features.ts";
import { errorCode } from "../platform/error-code.ts";
import { requireLibraries } from "../platform/library-install.ts";
import { AsrError } from "../errors.ts";
import type { ResolvedModel, Transcriber } from "../jobs/job.ts";
import { Lifecycle } from "../jobs/lifecycle.ts";
import { createLog, type Log } from "../log.ts";
import { isLoopback } from "../platform/loopback.ts";
import { networkAddresses } from "../platform/network-addresses.ts";
import { openFilesMax } from "../platform/open-files.ts";
import type { Listener } from "../http/listener.ts";
import type { ProgressOptions } from "./download-progress.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { readArgs, settingArgs } from "./flags.ts";
import { betterModel } from "./better-model.ts";
import { listenAddress } from "./listen-address.ts";
import { print } from "./print.ts";
import { preloadedModels } from "./preloaded-models.ts";
import { resolveModels } from "./resolve-models.ts";
import { Interruption } from "./signals.ts";
import { startText } from "./start-line.ts";
import {
  rejectBlankKeys,
  requestsWithin,
  requireFfmpeg,
  requireModelDir,
  startWarnings,
} from "./start-checks.ts";

const args = settingArgs("serve");

export const serve: CommandDef = defineCommand({
  meta: { name: "serve", description: "Serve OpenAI's transcription API over HTTP" },
  args,
  run({ rawArgs }) {
    const { flags, written } = readArgs(rawArgs, args, "serve");
    const config = loadServerConfig(flags);
    return runServe({ ...config, preload: preloadedModels(config, written) });
  },
});

// --- internal ---

async function runServe(config: Config): Promise<ExitCode> {
  requireModelDir(config);
  requireFfmpeg(config);
  const interruption = new Interruption();
  const stopped = interruption.exitCode;
  const log = createLog(config);
  const address = await listenAddress(config.host, config.port);
  const onLoopback = isLoopback(address);
  if (!onLoopback) rejectBlankKeys(config);
  const [{ buildHttpServer }, { listen }, { createRegistry }, { CalibrationFile }, { Spool }] =
    await Promise.all([
      import("./http-server.ts"),
      import("../http/listener.ts"),
      import("../supervisor/registry.ts"),
      import("../supervisor/calibration-file.ts"),
      import("../spool/spool.ts"),
    ]);
  using spool = Spool.open(config.spoolDir, config);
  const calibrations = config.calibration ? new CalibrationFile(config.cacheFolders) : null;
  const transcriber = createRegistry(config, log, { onLoopback, calibrations });
  await transcriber.requireAliases();
  const names = [config.defaultModel, ...config.preload];
  const progressOptions: ProgressOptions = {
    print: (model, progress) => log.info("downloading", { model, progress }),
    inPlace: config.logFormat === "text",
  };
  const options = { ...config, transcriber, interruption, progressOptions };
  const models = await resolveModels(names, options);
  if (models.length === 0) return await stopBeforeStart(transcriber, interruption);
  requireLibraries(librariesFor(models, config), {
    cacheFolders: config.cacheFolders,
    cpuFeatures: cpuFeatures(),
  });

  const lifecycle = new Lifecycle();
  const requestsMax = requestsWithin(openFilesMax(), config.requestsMax);
  const limited = { ...config, requestsMax };
  const services = { transcriber, spool, config: limited, lifecycle, log, onLoopback };
  const server = buildHttpServer(services);
  const listener = openListener(() => listen(server, { ...config, host: address }, log), config);
  const defaultId = models[0]?.id ?? "none";
  const better = await betterModel(config, defaultId);
  const start = { version, url: listener.url, model: defaultId, better };
  // When the reader of standard output has exited, the server must keep running. `process.stdout` would load all streams.
  void print(startText({ ...start, networkAddresses: networkAddresses() }, config)).catch(() => {});
  for (const warning of startWarnings(config, { onLoopback, requestsMax })) log.warn(warning);
  try {
    const preloaded = Promise.all(config.preload.map((model) => transcriber.preload(model)));
    await Promise.race([stopped, preloaded.then(() => lifecycle.loaded())]);
    const code = await stopped;
    lifecycle.stop();
    await finishRequests(listener, config, log);
    return code === exitCodes.interrupted ? code : exitCodes.done;
  } finally {
    lifecycle.end();
    await transcriber.close();
    // The requests that still run have now failed. Waits until their error responses have been sent.
    await requestsEnd(listener, finalGraceMs);
    await listener.stop();
  }
}

const finalGraceMs = 1000;

/** Ends the command when a signal has stopped the download of a model. Returns the exit code. */
async function stopBeforeStart(
  transcriber: Transcriber,
  { exitCode }: Interruption,
): Promise<ExitCode> {
  await transcriber.close();
  const code = await exitCode;
  return code === exitCodes.interrupted ? code : exitCodes.done;
}

/** Returns the names of the libraries that the runners of these models load. */
function librariesFor(models: readonly ResolvedModel[], config: Config): string[] {
  const engines = listBackends(config).filter(({ id }) => models.some((one) => one.backend === id));
  const embedded = engines.filter(({ libraryFile }) => libraryFile === undefined);
  const forGpus = engines.flatMap((engine) => {
    const library = libraryForGpu(engine, config.device, deviceMachine());
    return library?.file === null ? [library.name] : [];
  });
  return ["audio", ...embedded.map(({ library }) => library), ...forGpus];
}

/** Waits until all running requests have ended, but at most `drainTimeoutS` seconds. */
async function finishRequests(listener: Listener, { drainTimeoutS }: Config, log: Log) {
  if (listener.requests === 0) return;
  log.info("stopping", { requests: listener.requests, seconds_at_most: drainTimeoutS });
  await requestsEnd(listener, drainTimeoutS * 1000);
  if (listener.requests > 0) log.warn("stopped requests", { requests: listener.requests });
}

async function requestsEnd(listener: Listener, msMax: number): Promise<void> {
  const end = performance.now() + msMax;
  while (listener.requests > 0 && performance.now() < end) await Bun.sleep(20);
}

function openListener<T>(open: () => T, { host, port }: Config): T {
  try {
    return open();
  } catch (error) {
    const code = errorCode(error);
    const reason = listenFailures[code] ?? (error instanceof Error ? error.message : String(error));
    throw new AsrError("internal_error", `Cannot listen on ${host} port ${port}: ${reason}`);
  }
}

const listenFailures: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use; choose another with --port, or --port 0 for any free one",
  EADDRNOTAVAIL: "this machine has no such address; choose another with --host",
  // The system reports EINVAL, for example, for a link-local IPv6 address without the name of a network interface.
  EINVAL: "not a valid address to listen on; choose another with --host",
  EACCES:
    "permission denied; ports below 1024 are reserved for the system, choose another with --port",
};

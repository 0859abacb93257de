/**
 * Runs the soak test of the executable. Clients send files of all formats and lengths, and sometimes disconnect. Other
 * clients send invalid requests. In the first two thirds of the time, the test kills runners. Each response must be
 * equal to the response without load. Memory and open files must not grow. At the end, no process and no file may
 * remain.
 *
 * Usage: npm run soak [-- --minutes N] [--clients N] [--quick]. The tables are written to standard output, the progress
 * to standard error.
 */
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { version } from "../../package.json";
import { isAlive } from "../e2e/processes.ts";
import { startServer, type TestServer } from "../e2e/server.ts";
import { emptyTally, post, runClient, type Soak } from "./clients.ts";
import { formOf, loadSamples, type Sample } from "./material.ts";
import { emptyMischief, killRunners, sendJunk } from "./mischief.ts";
import { type Ending, report } from "./report.ts";
import { vitalsOf, watch } from "./vitals.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    clients: { type: "string", default: "16" },
    /** Uses only some of the files, for a short run of a few minutes. */
    quick: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const clients = Number(values.clients);
if (!(minutes > 0 && clients >= 1)) throw new Error("Expected minutes above 0 and clients from 1");

process.exitCode = (await soakFor(minutes, clients)) ? 0 : 1;

/** Runs the soak test. Returns whether it found no fault. */
async function soakFor(minutesLong: number, clientCount: number): Promise<boolean> {
  await using server = await startServer({
    // The queue has a slot for every client, so no client should receive a response 503.
    environment: {
      OPEN_ASR_SERVER_LOG_LEVEL: "warn",
      OPEN_ASR_SERVER_QUEUE_MAX: String(2 * clientCount),
    },
  });
  const samples = loadSamples().filter(
    // The long file is always included. It uses every lane, so the runner reaches its full memory before the load
    // starts.
    ({ name }, n) => !values.quick || n % 7 === 0 || name === "long_en.ogg",
  );
  console.error(`${samples.length} requests alone, one after another ...`);
  const alone = await answersAlone(server, samples);
  const before = vitalsOf(server.pid);

  console.error(`${clientCount} clients for ${minutesLong} min ...`);
  const startMs = performance.now();
  const soak: Soak = {
    url: server.url,
    samples,
    alone,
    underway: new Set(),
    killingEndMs: startMs + minutesLong * 40_000,
    endMs: startMs + minutesLong * 60_000,
  };
  const [tally, mischief, watching] = [emptyTally(), emptyMischief(), new AbortController()];
  const vitals = watch(server.pid, watching.signal);
  await Promise.all([
    ...Array.from({ length: clientCount }, () => runClient(soak, tally)),
    killRunners(soak, server.pid, mischief),
    sendJunk(soak, tally, mischief),
  ]);
  watching.abort();

  const ending = await end(server);
  const { tables, faults } = report({ tally, mischief, vitals: await vitals, before, ending });
  console.log(`${heading()}\n\n${tables}`);
  for (const fault of faults) console.error(fault);
  return faults.length === 0;
}

function heading(): string {
  return (
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model.trim() ?? process.arch}, ` +
    `${availableParallelism()} cores (${process.platform}), open-asr-server ${version}, ` +
    `\`npm run soak -- --minutes ${minutes} --clients ${clients}${values.quick ? " --quick" : ""}\`.`
  );
}

async function answersAlone(
  { url }: TestServer,
  all: readonly Sample[],
): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const { name, file, fields } of all) {
    const { status, body } = await post({ url, underway: new Set() }, formOf(file, fields));
    if (status !== 200) throw new Error(`${name} alone: status ${status}, ${body}`);
    answers.set(name, body);
  }
  return answers;
}

/**
 * Measures the idle server, stops it, and counts the processes and files that remain. All clients must have stopped
 * before the call.
 */
async function end(of: TestServer): Promise<Ending> {
  await Bun.sleep(5000);
  const idle = vitalsOf(of.pid);
  const uploads = of.spooled().length;
  const runners = of.runners();
  const exitCode = await of.stop();
  return {
    idle,
    uploads,
    runnersEnded: of.log().split(" runner ended ").length - 1,
    exitCode,
    processesLeft: runners.filter(isAlive).length,
    filesLeft: of.spoolEntries().length,
  };
}

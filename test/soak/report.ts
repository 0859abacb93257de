/** Formats the results of a soak test as Markdown tables, and lists the faults. */
import type { Tally } from "./clients.ts";
import type { Mischief } from "./mischief.ts";
import type { ProcessVitals, Vitals } from "./vitals.ts";

export interface Ending {
  readonly idle: Vitals;
  /** Number of uploaded files on disk while the server is idle. */
  readonly uploads: number;
  /**
   * Number of lines about the end of a runner in the log of the server. They include the runners that the test killed.
   */
  readonly runnersEnded: number;
  readonly exitCode: number;
  readonly processesLeft: number;
  /** Number of files in the spool folder after the end of the server. */
  readonly filesLeft: number;
}

export interface Figures {
  readonly tally: Tally;
  readonly mischief: Mischief;
  /** Measurements in the order of their time. */
  readonly vitals: readonly Vitals[];
  /** Measurement before the load starts, after each request has been sent once. */
  readonly before: Vitals;
  readonly ending: Ending;
}

export function report(figures: Figures): { readonly tables: string; readonly faults: string[] } {
  const courses = coursesOf(figures);
  return {
    tables: `${countsTable(figures)}\n\n${coursesTable(courses)}`,
    faults: [...faultsOfCounts(figures), ...courses.flatMap(faultsOfCourse)],
  };
}

// --- internal ---

function countsTable({ tally, mischief, ending }: Figures): string {
  const rows: readonly (readonly [string, string | number])[] = [
    ["responses equal to those without load", tally.equal],
    ["slowest response, in seconds", tally.slowestS.toFixed(0)],
    ["wrong responses", tally.wrong.length],
    ["clients that disconnected", tally.left],
    ["responses 503 with Retry-After", tally.toldToRetry],
    ["runners killed", mischief.runnersKilled],
    ["of these, second runner of the same requests", mischief.killedAgain],
    ["responses 500 after two dead runners", tally.killedTwice],
    ["runners that ended without a kill", ending.runnersEnded - mischief.runnersKilled],
    ["invalid requests rejected", mischief.junkRefused],
    ["invalid requests not rejected", mischief.wrong.length],
    ["connections cut", mischief.connectionsCut],
    ["uploads on disk when idle again", ending.uploads],
    ["exit code", ending.exitCode],
    ["processes left", ending.processesLeft],
    ["files left", ending.filesLeft],
  ];
  return tableOf([["measure", "value"], ...rows]);
}

function faultsOfCounts({ tally, mischief, ending }: Figures): string[] {
  const faults = [...tally.wrong, ...mischief.wrong];
  const expect = (condition: boolean, otherwise: string) => condition || faults.push(otherwise);
  expect(tally.equal > 0, "the server answered no request");
  expect(
    tally.toldToRetry === 0,
    "the server answered 503 although the queue had a place for every client",
  );
  expect(
    tally.killedTwice <= mischief.killedAgain,
    "more requests failed with runner_crashed than lost two runners",
  );
  expect(ending.runnersEnded <= mischief.runnersKilled, "runners ended that the test did not kill");
  expect(ending.uploads === 0, "uploads remain on disk");
  expect(ending.exitCode === 0, `the server ended with exit code ${ending.exitCode}`);
  expect(ending.processesLeft === 0, "processes remain");
  expect(ending.filesLeft === 0, "files remain in the spool folder");
  return faults;
}

/** A measured value over the time of the soak test. */
interface Course {
  readonly name: string;
  readonly before: number;
  /** Median of the measured values in each quarter of the test. */
  readonly quarters: readonly number[];
  readonly peak: number;
  readonly idle: number;
  /**
   * Limits on growth. `growthMax` limits the growth in the second half of the test: from the second quarter, or from
   * `before` if it is larger, to the last quarter. `restMax` limits the growth from `before` to `idle`.
   */
  readonly growthMax: number;
  readonly restMax: number;
}

function coursesOf({ vitals, before, ending }: Figures): Course[] {
  const { idle } = ending;
  const server = vitals.map((one) => one.server);
  // Only the measurements of the last runner are used. A new runner starts with new memory, so growth is visible only
  // in one runner. The last runner lives longest.
  const last = vitals.flatMap(({ runner }) =>
    runner !== null && runner.pid === idle.runner?.pid ? [runner] : [],
  );
  const course = (
    name: string,
    seen: readonly ProcessVitals[],
    of: (one: ProcessVitals) => number,
    [first, end]: readonly [ProcessVitals | null, ProcessVitals | null],
    limits: Pick<Course, "growthMax" | "restMax">,
  ): Course => ({
    name,
    before: first === null ? 0 : of(first),
    quarters: quarters(seen.map(of)),
    peak: Math.max(0, ...seen.map(of)),
    idle: end === null ? 0 : of(end),
    ...limits,
  });
  const megabytes = ({ bytes }: ProcessVitals) => Math.round(bytes / 1e6);
  const files = ({ openFiles }: ProcessVitals) => openFiles;
  const [ofServer, ofRunner] = [
    [before.server, idle.server],
    [before.runner, idle.runner],
  ] as const;
  return [
    course("server's memory, MB", server, megabytes, ofServer, serverMegabytes),
    course("server's open files", server, files, ofServer, openFiles),
    course("last runner's memory, MB", last, megabytes, ofRunner, runnerMegabytes),
    course("last runner's open files", last, files, ofRunner, openFiles),
  ];
}

/** Limits on the growth of the server's memory in megabytes. Higher growth is a fault. */
const serverMegabytes = { growthMax: 16, restMax: 32 };
const runnerMegabytes = { growthMax: 64, restMax: 64 };
/**
 * `growthMax` is high, because a running request opens files. `restMax` is 1, because the log opens a file when it
 * writes its first line.
 */
const openFiles = { growthMax: 16, restMax: 1 };

function coursesTable(courses: readonly Course[]): string {
  const heads = ["over time", "before", "1st quarter", "2nd", "3rd", "4th", "peak", "idle again"];
  const rows = courses.map(({ name, before, quarters: four, peak, idle }) => {
    return [name, before, ...four, peak, idle];
  });
  return tableOf([heads, ...rows]);
}

function faultsOfCourse({ name, before, quarters: four, idle, growthMax, restMax }: Course) {
  const [, second = 0, , last = 0] = four;
  const faults: string[] = [];
  const usual = Math.max(before, second);
  if (last - usual > growthMax) faults.push(`${name}: it grows from ${usual} to ${last}`);
  if (idle - before > restMax) faults.push(`${name}: ${before} before, ${idle} when idle again`);
  return faults;
}

function quarters(values: readonly number[]): number[] {
  const size = values.length / 4;
  return [0, 1, 2, 3].map((n) =>
    median(values.slice(Math.floor(n * size), Math.max(1, Math.floor((n + 1) * size)))),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function tableOf([heads = [], ...rows]: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const rule = heads.map((_, n) => (n === 0 ? "---" : "---:"));
  return [heads, rule, ...rows].map(line).join("\n");
}

/** The figures of a soak as one Markdown table, and what of them must not be. */
import type { Tally } from "./clients.ts";
import type { Mischief } from "./mischief.ts";
import type { Vitals } from "./vitals.ts";

export interface Ending {
  readonly idle: Vitals;
  /** Files of uploads while nothing runs. */
  readonly uploads: number;
  readonly exitCode: number;
  readonly processesLeft: number;
  /** In the spool folder, when the server has ended. */
  readonly filesLeft: number;
}

export interface Figures {
  readonly tally: Tally;
  readonly mischief: Mischief;
  /** In order of time. */
  readonly vitals: readonly Vitals[];
  /** When every request had been answered once, before the soak. */
  readonly before: Vitals;
  readonly ending: Ending;
}

export function report(figures: Figures): { readonly table: string; readonly faults: string[] } {
  const { tally, mischief, vitals, before, ending } = figures;
  const peak = (of: (one: Vitals) => number) => Math.max(0, ...vitals.map(of));
  const rows: readonly (readonly [string, string | number])[] = [
    ["answers, each equal to the one given alone", tally.equal],
    ["answers that were wrong", tally.wrong.length],
    ["clients that left", tally.left],
    ["told to come back (503 with Retry-After)", tally.toldToComeBack],
    ["told that their runner was killed twice", tally.killedTwice],
    ["runners killed", mischief.runnersKilled],
    ["junk refused; connections cut", `${mischief.junkRefused}; ${mischief.connectionsCut}`],
    ["junk that was not refused", mischief.wrong.length],
    [
      "server's memory: before, peak, idle again",
      [before.serverBytes, peak((one) => one.serverBytes), ending.idle.serverBytes]
        .map(megabytes)
        .join(", "),
    ],
    [
      "runner's memory: before, peak, idle again",
      [before.runnerBytes, peak((one) => one.runnerBytes), ending.idle.runnerBytes]
        .map(megabytes)
        .join(", "),
    ],
    ["server's memory in each quarter of the time", quarters(vitals).map(megabytes).join(", ")],
    [
      "server's open files: before, peak, idle again",
      `${before.openFiles}, ${peak((one) => one.openFiles)}, ${ending.idle.openFiles}`,
    ],
    ["uploads on disk when idle again", ending.uploads],
    [
      "exit code; processes, files left",
      `${ending.exitCode}; ${ending.processesLeft}, ${ending.filesLeft}`,
    ],
  ];
  const table = [
    "| measure | value |",
    "|---|---:|",
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
  ];
  return { table: table.join("\n"), faults: faultsOf(figures) };
}

// --- internal ---

/** Beyond these, something grows. */
const growthBytesMax = 64e6;
const openFilesMoreMax = 4;

function faultsOf({ tally, mischief, vitals, before, ending }: Figures): string[] {
  const [, second = 0, , last = 0] = quarters(vitals);
  const faults = [...tally.wrong, ...mischief.wrong];
  const expect = (isSo: boolean, otherwise: string) => isSo || faults.push(otherwise);
  expect(tally.equal > 0, "nothing was answered");
  expect(tally.killedTwice <= mischief.runnersKilled, "more runners died than were killed");
  expect(last - second < growthBytesMax, "the server's memory grows");
  expect(
    ending.idle.openFiles <= before.openFiles + openFilesMoreMax,
    "the server's open files grow",
  );
  expect(ending.uploads === 0, "uploads stay on disk");
  expect(ending.exitCode === 0, `the server ended with exit code ${ending.exitCode}`);
  expect(ending.processesLeft === 0, "processes are left");
  expect(ending.filesLeft === 0, "files are left");
  return faults;
}

/** The mean of each quarter. */
function quarters(vitals: readonly Vitals[]): number[] {
  const size = vitals.length / 4;
  return [0, 1, 2, 3].map((n) => {
    const part = vitals.slice(Math.floor(n * size), Math.max(1, Math.floor((n + 1) * size)));
    return part.reduce((sum, { serverBytes }) => sum + serverBytes, 0) / Math.max(1, part.length);
  });
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/**
 * Compares our executable with the server of whisper.cpp in one run. Both use the same weights, clips, beams and cores.
 *
 * Usage: npm run bench [-- whisper-server] [--quick] [--beam N] [--only PART]
 */
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { version } from "../../package.json";
import { readPins, step } from "../../vendor/packages.mjs";
import { loadClips } from "./clips.ts";
import { type Contest, fullExtent, quickExtent } from "./contest.ts";
import { measureCancel } from "./measures/cancel.ts";
import { measureGetLatency } from "./measures/get-latency.ts";
import { measureLatency } from "./measures/latency.ts";
import { measureLongFile } from "./measures/long-file.ts";
import { measureMemory } from "./measures/memory.ts";
import { measureStart } from "./measures/start.ts";
import { measureThroughput } from "./measures/throughput.ts";
import { measureWordErrors } from "./measures/word-errors.ts";
import { qualifyPeer } from "./qualify.ts";
import { renderTable, type Row } from "./table.ts";

const { values } = parseArgs({
  options: {
    /** Measures only a part of the table, which takes a few minutes. */
    quick: { type: "boolean", default: false },
    /** Measures only with this number of beams instead of with several numbers. */
    beam: { type: "string" },
    /** Measures only the parts whose title contains this text, such as "memory". */
    only: { type: "string", default: "" },
  },
});

const whole = values.quick ? quickExtent : fullExtent;
const extent = values.beam === undefined ? whole : { ...whole, beams: [Number(values.beam)] };
const clips = await loadClips();
const best = await step("finding the peer's best settings", () => qualifyPeer(clips, extent));
const contest: Contest = { clips, extent, best };

const rows: Row[] = [];
await measure("start", () => measureStart(contest));
for (const beam of extent.beams) {
  await measure(`latency, beam ${beam}`, () => measureLatency(contest, beam));
  await measure(`throughput, beam ${beam}`, () => measureThroughput(contest, beam));
  await measure(`long file, beam ${beam}`, () => measureLongFile(contest, beam));
  await measure(`word errors, beam ${beam}`, () => measureWordErrors(contest, beam));
}
await measure("GET while busy", () => measureGetLatency(contest));
await measure("cancel", () => measureCancel(contest));
await measure("memory", () => measureMemory(contest));

console.log(await headline());
console.log();
console.log(
  renderTable(rows, {
    ours: `open-asr-server ${version}`,
    peer: `whisper-server ${await whisperVersion()}`,
  }),
);

async function measure(title: string, work: () => Promise<Row[]>): Promise<void> {
  if (title.includes(values.only)) rows.push(...(await step(title, work)));
}

async function headline(): Promise<string> {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores`;
  const command = `npm run bench${values.quick ? " -- --quick" : ""}`;
  const ways = extent.beams.map((beam) => `${best.short.get(beam)?.name} at beam ${beam}`);
  return [
    `${date}, ${machine} (${process.platform}), \`${command}\`, Bun ${Bun.version}.`,
    "Same weights (base, q8_0), language given, 16 kHz wav, both on all cores; medians, the two sides in turn.",
    `whisper-server with the settings that were fastest here: ${ways.join(", ")}.`,
  ].join("\n");
}

async function whisperVersion(): Promise<string> {
  return (await readPins())["whisper.cpp"]?.version ?? "";
}

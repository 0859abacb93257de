/**
 * `open-asr-server doctor`: checks this machine and explains what is missing. Changes nothing, and uses the network only
 * with --online.
 */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { version } from "../../../package.json";
import { homeFolder } from "../../platform/home-folder.ts";
import { type Config, readConfig } from "../../settings/config.ts";
import { exitCodes } from "../exit-codes.ts";
import { shownPath } from "../file-names.ts";
import { readArgs, settingArgs } from "../flags.ts";
import { probeBackends } from "./backends.ts";
import { probeFolders } from "./folders.ts";
import { probeGpus } from "./gpus.ts";
import { probeCpu, probeMemory, probeSystem } from "./machine.ts";
import { probeModel } from "./model.ts";
import { probeNetwork } from "./network.ts";
import { type Probed, probe } from "./probe.ts";
import type { DoctorReport, Facts } from "./report.ts";
import { reportText } from "./report-text.ts";
import { probePort, probeSettings } from "./settings.ts";

const args: ArgsDef = {
  json: { type: "boolean", description: "Print JSON, for programs and for bug reports" },
  online: { type: "boolean", description: "Also ask the hub whether it is reachable" },
  ...settingArgs("doctor"),
};

export const doctor: CommandDef = defineCommand({
  meta: { name: "doctor", description: "Check this machine, and explain what is missing" },
  args,
  async run({ rawArgs }) {
    const { flags } = readArgs(rawArgs, args, "doctor");
    const { config, problems } = readConfig(flags);
    const report = await examine(config, problems, flags["online"] !== undefined);
    const text =
      flags["json"] === undefined ? reportText(report) : `${JSON.stringify(report, null, 2)}\n`;
    await Bun.write(Bun.stdout, text);
    return report.ok ? exitCodes.done : exitCodes.failed;
  },
});

// --- internal ---

/** Time limit of a check in milliseconds, and of the check that uses the network. */
const msMax = 8000;
const networkMsMax = 15_000;

/** Runs all checks one after the other. `mistakes` are the problems of the settings. */
async function examine(
  config: Config,
  mistakes: readonly string[],
  online: boolean,
): Promise<DoctorReport> {
  const check = <T>(name: string, act: () => Probed<T> | Promise<Probed<T>>) =>
    probe(name, msMax, act);
  const system = await check("system", probeSystem);
  const cpu = await check("cpu", probeCpu);
  const gpus = await check("gpu", () => probeGpus(config));
  const memory = await check("memory", () => probeMemory(config));
  const folders = await check("folders", () => probeFolders(config));
  const backends = await check("backend", () => probeBackends(config));
  const model = await check("model", () => probeModel(config));
  const settings = await check("settings", () => probeSettings(config, mistakes));
  const port = await check("port", () => probePort(config));
  const network = online
    ? await probe("network", networkMsMax, (signal) => probeNetwork(config, signal))
    : nothing;
  const probed = { system, cpu, memory, gpus, folders, backends, model, settings, network };
  const findings = [
    system,
    cpu,
    gpus,
    memory,
    folders,
    backends,
    model,
    settings,
    port,
    network,
  ].flatMap((one) => one.findings);
  return withoutHome({
    schema: 1,
    version,
    ok: findings.every(({ status }) => status !== "problem"),
    findings,
    ...factsOf(probed),
  });
}

const nothing: Probed<null> = { facts: null, findings: [] };

function factsOf(probed: { readonly [Name in keyof Facts]: Probed<Facts[Name]> }): Facts {
  const { system, cpu, memory, gpus, folders, backends, model, settings, network } = probed;
  return {
    system: system.facts,
    cpu: cpu.facts,
    memory: memory.facts,
    gpus: gpus.facts,
    folders: folders.facts,
    backends: backends.facts,
    model: model.facts,
    settings: settings.facts,
    network: network.facts,
  };
}

/** Replaces the home folder in all texts by "~", because people publish reports. */
function withoutHome(report: DoctorReport): DoctorReport {
  const home = homeFolder();
  const shown = (text: string): string =>
    shownPath(home === null || home === "/" ? text : text.replaceAll(home, "~"));
  const text = JSON.stringify(report, (_, value: unknown) =>
    typeof value === "string" ? shown(value) : value,
  );
  return JSON.parse(text) as DoctorReport;
}

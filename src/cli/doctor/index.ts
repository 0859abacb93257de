/**
 * `open-asr-server doctor`: checks this machine and explains what is missing. Creates the folder for libraries if it
 * does not exist. To test a folder, creates a folder in it and removes it again. Uses the network only with --online.
 */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { version } from "../../../package.json";
import { type Config, type ExaminedConfig, examineConfig } from "../../settings/config.ts";
import { exitCodes } from "../exit-codes.ts";
import { readArgs, settingArgs } from "../flags.ts";
import { probeBackends } from "./backends.ts";
import { probeCalibrations } from "./calibrations.ts";
import { probeFfmpeg } from "./ffmpeg.ts";
import { probeDownloads, probeLibraries, probeModelDir, probeUploads } from "./folders.ts";
import { probeGpus } from "./gpus.ts";
import { probeCpu, probeMemory, probeSystem } from "./machine.ts";
import { probeModel } from "./model.ts";
import { probeNetwork } from "./network.ts";
import { type Probed, probe } from "./probe.ts";
import { publishable } from "./publishable.ts";
import { type DoctorReport, doctorReport } from "./report.ts";
import { reportText } from "./report-text.ts";
import { probePort, probeSettings } from "./settings.ts";
import { print } from "../print.ts";

const args: ArgsDef = {
  json: { type: "boolean", description: "Print JSON, for programs and for bug reports" },
  schema: {
    type: "boolean",
    description: "Print the JSON Schema of the report, and check nothing",
  },
  online: { type: "boolean", description: "Also ask the hub whether it is reachable" },
  ...settingArgs("doctor"),
};

export const doctor: CommandDef = defineCommand({
  meta: { name: "doctor", description: "Check this machine, and explain what is missing" },
  args,
  async run({ rawArgs }) {
    const { flags } = readArgs(rawArgs, args, "doctor");
    if (flags["schema"] !== undefined) {
      await print(`${JSON.stringify(doctorReport, null, 2)}\n`);
      return exitCodes.done;
    }
    const report = await examine(examineConfig(flags), flags["online"] !== undefined);
    const text =
      flags["json"] === undefined ? reportText(report) : `${JSON.stringify(report, null, 2)}\n`;
    await print(text);
    return report.ok ? exitCodes.done : exitCodes.failed;
  },
});

// --- internal ---

/**
 * Time limit in milliseconds of a check that does not use the network (`msMax`) and of the check of the network
 * (`networkMsMax`).
 */
const msMax = 8000;
const networkMsMax = 15_000;

async function examine(examined: ExaminedConfig, online: boolean): Promise<DoctorReport> {
  const { config } = examined;
  const check = <T>(name: string, act: () => Probed<T> | Promise<Probed<T>>) =>
    probe(name, msMax, act);
  const system = await check("system", probeSystem);
  const cpu = await check("cpu", probeCpu);
  const gpus = await check("gpu", () => probeGpus(config));
  const memory = await check("memory", () => probeMemory(config));
  const folders = [
    await check("libraries", () => probeLibraries(config)),
    await check("uploads", () => probeUploads(config)),
    await check("models", () => probeDownloads(config)),
    await check("model_dir", () => probeModelDir(config)),
  ];
  const ffmpeg = await check("ffmpeg", () => probeFfmpeg(config));
  const backends = await check("backend", () => probeBackends(config));
  const model = await check("model", () => probeModel(config));
  const calibrations = await check("calibration", () => probeCalibrations(config));
  const settings = await check("settings", () => probeSettings(examined));
  const port = await check("port", () => probePort(config));
  const network = online ? [await probeHub(config)] : [];
  const machine = [system, cpu, gpus, memory, ...folders];
  const program = [ffmpeg, backends, model, calibrations, settings, port, ...network];
  const findings = [...machine, ...program].flatMap((one) => one.findings);
  return publishable({
    schema: 1,
    version,
    ok: findings.every(({ status }) => status !== "problem"),
    findings,
    system: system.facts,
    cpu: cpu.facts,
    memory: memory.facts,
    gpus: gpus.facts,
    folders: folders.flatMap(({ facts }) => facts ?? []),
    ffmpeg: ffmpeg.facts,
    backends: backends.facts,
    model: model.facts,
    calibrations: calibrations.facts,
    settings: settings.facts,
    network: network[0]?.facts ?? null,
  });
}

function probeHub(config: Config) {
  return probe("network", networkMsMax, (signal) => probeNetwork(config, signal));
}

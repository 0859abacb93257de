/** Checks the system, the CPU and the memory of this machine. */
import { availableParallelism, freemem, release, totalmem, type } from "node:os";
import { report } from "node:process";
import { sizeText } from "../../models/size-text.ts";
import { cpuFeatures } from "../../platform/cpu-features.ts";
import { cpuLevels } from "../../platform/cpu-levels.ts";
import { embeddedLevel } from "../../platform/embedded.ts";
import { cpuName, distributionName } from "../../platform/machine-names.ts";
import { physicalCores } from "../../platform/physical-cores.ts";
import type { Config } from "../../settings/config.ts";
import { usableBytes } from "../../supervisor/model-memory.ts";
import { note, ok, type Probed } from "./probe.ts";
import { programOutput } from "./program-output.ts";
import type { Facts } from "./report.ts";

export async function probeSystem(): Promise<Probed<Facts["system"]>> {
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: unknown } };
  const version = header?.glibcVersionRuntime;
  const glibc = typeof version === "string" ? version : null;
  const facts = { os: await systemName(), kernel: release(), arch: process.arch, glibc };
  const parts = [
    facts.os,
    `kernel ${facts.kernel}`,
    facts.arch,
    ...(glibc ? [`glibc ${glibc}`] : []),
  ];
  return { facts, findings: [ok("system", parts.join(", "))] };
}

export function probeCpu(): Probed<Facts["cpu"]> {
  const has = cpuFeatures();
  const features = [...new Set(Object.values<readonly string[]>(cpuLevels).flat())].filter((name) =>
    has.has(name),
  );
  const name = cpuName();
  const threads = availableParallelism();
  const cores = physicalCores();
  const level = embeddedLevel("ctranslate2", has) ?? embeddedLevel("whisper-cpp", has);
  const facts = { name, physical_cores: cores, threads, features, level };
  const text = [
    name,
    cores === 1 ? "1 core" : `${cores} cores`,
    `${threads} hardware threads`,
    ...(level === null ? [] : [`engines built for ${level === "native" ? "this CPU" : level}`]),
  ].join(", ");
  if (process.arch !== "x64" || has.size === 0 || has.has("avx2")) {
    return { facts, findings: [ok("cpu", text)] };
  }
  const slow = "without AVX2, transcription is slow and runs on whisper-cpp";
  return { facts, findings: [note("cpu", `${text}; ${slow}`)] };
}

export function probeMemory(config: Config): Probed<Facts["memory"]> {
  const total = totalmem();
  const constrained = process.constrainedMemory();
  const limit = constrained > 0 && constrained < total ? constrained : null;
  const models = config.modelsMemoryBytesMax || usableBytes();
  const facts = {
    total_bytes: total,
    available_bytes: Math.min(freemem(), limit ?? Infinity),
    limit_bytes: limit,
    models_bytes: Math.round(models),
  };
  const text = [
    `${sizeText(facts.available_bytes)} of ${sizeText(total)} available`,
    ...(limit === null ? [] : [`this container may use ${sizeText(limit)}`]),
    `models may use ${sizeText(models)}`,
  ].join(", ");
  return { facts, findings: [ok("memory", text)] };
}

// --- internal ---

async function systemName(): Promise<string> {
  if (process.platform === "darwin") {
    const version = await programOutput(["sw_vers", "-productVersion"]);
    return version === null ? "macOS" : `macOS ${version.trim()}`;
  }
  if (process.platform !== "linux") return `${type()} ${release()}`;
  return distributionName() ?? "Linux";
}

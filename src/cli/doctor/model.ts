/**
 * Checks the model that the server uses for requests that name no model. Recommends a better model for this machine.
 */
import { freemem } from "node:os";
import { AsrError } from "../../errors.ts";
import type { ResolvedModel } from "../../jobs/job.ts";
import { oneLaneBytes } from "../../models/backends/one-lane-bytes.ts";
import { usesGpu } from "../../models/backends/device.ts";
import { listBackends } from "../../models/backends/index.ts";
import { Catalog } from "../../models/catalog.ts";
import { type MachineFacts, recommendModel } from "../../models/recommend.ts";
import { sizeText } from "../../models/size-text.ts";
import { catalogOptions } from "../../settings/catalog.ts";
import type { Config } from "../../settings/config.ts";
import { deviceMachine } from "../../settings/machine.ts";
import { machineFacts } from "../better-model.ts";
import { note, ok, problem, type Probed } from "./probe.ts";
import type { Facts, Finding } from "./report.ts";

export async function probeModel(config: Config): Promise<Probed<Facts["model"]>> {
  const catalog = new Catalog(catalogOptions(config, { downloads: null, onLoopback: false }));
  const model = await inUse(catalog, config);
  if ("check" in model) return { facts: null, findings: [model] };
  const backend = listBackends(config).find(({ id }) => id === model.backend);
  if (backend === undefined) throw new Error(`expected a backend, found "${model.backend}"`);
  const machine = await machineFacts(config);
  const needed = oneLaneBytes(backend.memory, model.bytes);
  const better = config.hubOffline ? null : recommendModel(machine);
  const isInUse =
    better !== null && [better.model, `${model.backend}:${better.model}`].includes(model.id);
  const recommended = isInUse ? null : better;
  const device = usesGpu(backend, config.device, deviceMachine()) ? "gpu" : "cpu";
  const facts = {
    name: model.id,
    backend: model.backend,
    device,
    weights_bytes: model.bytes,
    memory_bytes_min: Math.round(needed),
    recommended: recommended?.model ?? null,
  } as const;
  const findings = [
    memoryFinding(`${model.id} on ${model.backend}, ${device.toUpperCase()}`, needed, machine),
  ];
  if (recommended !== null) {
    const text = `${recommended.model} would be better: ${recommended.reason}`;
    findings.push(note("model", text, recommended.command));
  }
  return { facts, findings };
}

// --- internal ---

/** Returns the default model, or a finding that explains why it is not on this machine. Downloads nothing. */
async function inUse(catalog: Catalog, config: Config): Promise<ResolvedModel | Finding> {
  try {
    if (config.defaultModel === null) return await catalog.resolve(null, "operator", null);
    const { model } = await catalog.locate(config.defaultModel);
    if (model !== null) return model;
    const text = `${config.defaultModel} is not on this machine`;
    const command = `open-asr-server models pull ${config.defaultModel}`;
    return config.hubOffline || config.pull === "never"
      ? problem("model", `${text}, and downloads are off`, command)
      : note("model", `${text}; it is downloaded when it is first used`, command);
  } catch (error) {
    if (!(error instanceof AsrError)) throw error;
    return problem("model", error.operatorMessage, "choose another model with --model");
  }
}

function memoryFinding(name: string, needed: number, machine: MachineFacts): Finding {
  const text = `${name}: it needs at least ${sizeText(needed)} of memory`;
  if (needed > machine.memoryBytes) {
    return problem(
      "model",
      `${text}, but models may use only ${sizeText(machine.memoryBytes)}`,
      "choose a smaller model with --model, or give this machine or container more memory",
    );
  }
  const available = freemem();
  if (needed <= available) return ok("model", text);
  return note("model", `${text}, but only ${sizeText(available)} is free`, "close other programs");
}

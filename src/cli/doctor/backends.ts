/** Checks each backend: whether it is ready, which devices it can use, and the reason if it cannot use a GPU. */
import { devicesOf, gpuProblem, usesGpu } from "../../models/backends/device.ts";
import { listBackends } from "../../models/backends/index.ts";
import { missingEngines, unavailableText } from "../../models/backends/missing-engines.ts";
import type { Config } from "../../settings/config.ts";
import { deviceMachine, unavailableHere } from "../../settings/machine.ts";
import { type BackendFacts, backendFinding, missingFindings } from "./backend-findings.ts";
import { problem, type Probed } from "./probe.ts";
import type { Facts, Finding } from "./report.ts";

export function probeBackends(config: Config): Probed<Facts["backends"]> {
  const machine = deviceMachine();
  const backends = listBackends(config);
  const here = backends.map((backend) => {
    const unavailable = unavailableHere(backend);
    const facts = {
      id: backend.id,
      ready: unavailable === null,
      unavailable,
      devices: devicesOf(backend, machine),
      no_gpu_because: unavailable === null ? gpuProblem(backend, machine) : null,
    };
    return { facts, finding: backendFinding(facts, usesGpu(backend, config.device, machine)) };
  });
  const missing = missingEngines(backends).map((engine) => ({
    id: engine.id,
    ready: false,
    unavailable: unavailableText(engine),
    devices: [],
    no_gpu_because: null,
  }));
  return {
    facts: [...here.map(({ facts }) => facts), ...missing],
    findings: [
      ...here.map(({ finding }) => finding),
      ...missingFindings(missing),
      ...noneReady(here.map(({ facts }) => facts)),
    ],
  };
}

// --- internal ---

function noneReady(backends: readonly BackendFacts[]): Finding[] {
  if (backends.some(({ ready }) => ready)) return [];
  return [problem("backend", "no backend can run", "use the released executable of this platform")];
}

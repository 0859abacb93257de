/** Describes in one line for each backend whether it is ready and on which device it computes. */
import { note, ok } from "./probe.ts";
import type { Facts, Finding } from "./report.ts";

export type BackendFacts = NonNullable<Facts["backends"]>[number];

export function backendFinding(facts: BackendFacts, onGpu: boolean): Finding {
  const { id, unavailable } = facts;
  if (unavailable === null) return ok("backend", `${id} is ready on ${placeOf(facts, onGpu)}`);
  const [reason = "", remedy = null] = unavailable.split("; ");
  return note("backend", `${id} is not available: ${reason}`, remedy);
}

/** Returns one finding for each reason, because several backends can lack the same engine. */
export function missingFindings(missing: readonly BackendFacts[]): Finding[] {
  const byReason = Map.groupBy(missing, ({ unavailable }) => unavailable ?? "");
  return [...byReason].map(([unavailable, facts]) => {
    const [reason = "", remedy = null] = unavailable.split("; ");
    const ids = facts.map(({ id }) => id);
    const verb = ids.length === 1 ? "is" : "are";
    return note("backend", `${ids.join(", ")} ${verb} not available: ${reason}`, remedy);
  });
}

// --- internal ---

const gpuNames: Readonly<Record<string, string>> = { metal: "Metal", cuda: "CUDA" };

/** Returns the device on which the backend computes. If this is the CPU, also returns the reason. */
function placeOf({ devices, no_gpu_because }: BackendFacts, onGpu: boolean): string {
  if (!onGpu) return `the CPU: ${no_gpu_because ?? "OPEN_ASR_DEVICE is cpu"}`;
  const names = devices.flatMap((device) => gpuNames[device] ?? []);
  return `the GPU (${names.join(", ")})`;
}

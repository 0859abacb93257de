/** Describes in one line for each backend whether it is ready and on which device it computes. */
import { note, ok } from "./probe.ts";
import type { Facts, Finding } from "./report.ts";

export type BackendFacts = NonNullable<Facts["backends"]>[number];

export function backendFinding(facts: BackendFacts, onGpu: boolean): Finding {
  const { id, unavailable } = facts;
  if (unavailable !== null) return notAvailable([id], unavailable);
  return ok("backend", `${id} is ready on ${placeOf(facts, onGpu)}`);
}

/** Returns one finding for each reason, because several backends can lack the same engine. */
export function missingFindings(missing: readonly BackendFacts[]): Finding[] {
  const byReason = Map.groupBy(missing, ({ unavailable }) => unavailable ?? "");
  return [...byReason].map(([unavailable, facts]) =>
    notAvailable(
      facts.map(({ id }) => id),
      unavailable,
    ),
  );
}

// --- internal ---

function notAvailable(ids: readonly string[], unavailable: string): Finding {
  const [reason = "", remedy = null] = unavailable.split("; ");
  const verb = ids.length === 1 ? "is" : "are";
  return note("backend", `${ids.join(", ")} ${verb} not available: ${reason}`, remedy);
}

const gpuNames: Readonly<Record<string, string>> = {
  metal: "Metal",
  cuda: "CUDA",
  vulkan: "Vulkan",
};

/** Returns the device on which the backend computes. If this is the CPU, also returns the reason. */
function placeOf({ devices, no_gpu_because }: BackendFacts, onGpu: boolean): string {
  if (!onGpu) return `the CPU: ${no_gpu_because ?? "OPEN_ASR_DEVICE is cpu"}`;
  const names = devices.flatMap((device) => gpuNames[device] ?? []);
  return `the GPU (${names.join(", ")})`;
}

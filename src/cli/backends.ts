/** `open-asr-server backends`: lists the backends, and the reason when a backend cannot run on this machine. */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { loadConfig } from "../settings/config.ts";
import type { BackendEntry } from "../jobs/job.ts";
import { createLog } from "../log.ts";
import { readArgs } from "./flags.ts";
import { requireModelDir } from "./start-checks.ts";

const args: ArgsDef = {
  json: { type: "boolean", description: "Print JSON, for programs" },
};

export const backends: CommandDef = defineCommand({
  meta: { name: "backends", description: "Show which backends are ready on this machine" },
  args,
  async run({ rawArgs }) {
    const { flags } = readArgs(rawArgs, args);
    const { createRegistry } = await import("../supervisor/registry.ts");
    const config = loadConfig();
    requireModelDir(config);
    const transcriber = createRegistry(config, createLog(config));
    const entries = await transcriber.backends();
    await transcriber.close();
    await Bun.write(Bun.stdout, flags["json"] ? asJson(entries) : asText(entries));
  },
});

// --- internal ---

function asJson(entries: readonly BackendEntry[]): string {
  const wire = entries.map((entry) => ({
    id: entry.id,
    display_name: entry.displayName,
    ready: entry.unavailable === null,
    unavailable: entry.unavailable,
    devices: entry.devices,
    capabilities: entry.capabilities,
    models: entry.models,
  }));
  return `${JSON.stringify(wire, null, 2)}\n`;
}

function asText(entries: readonly BackendEntry[]): string {
  return entries
    .map((entry) =>
      [
        `${entry.id} (${entry.displayName}): ${entry.unavailable ?? "ready"}`,
        `  devices       ${entry.devices.join(", ")}`,
        `  capabilities  ${entry.capabilities.join(", ") || "depend on the model; no model is on this machine"}`,
        `  models        ${entry.models.join(", ")}`,
      ].join("\n"),
    )
    .join("\n\n")
    .concat("\n");
}

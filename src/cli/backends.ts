/** `open-asr-server backends`: lists the backends. For a backend that cannot run on this machine, prints the reason. */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { loadConfig } from "../settings/config.ts";
import type { BackendEntry } from "../jobs/job.ts";
import { createLog } from "../log.ts";
import { readArgs, settingArgs } from "./flags.ts";
import { requireModelDir } from "./start-checks.ts";
import { print } from "./print.ts";

const args: ArgsDef = {
  json: { type: "boolean", description: "Print JSON, for programs" },
  ...settingArgs("backends"),
};

export const backends: CommandDef = defineCommand({
  meta: { name: "backends", description: "Show which backends are ready on this machine" },
  args,
  async run({ rawArgs }) {
    const { flags } = readArgs(rawArgs, args, "backends");
    const { createRegistry } = await import("../supervisor/registry.ts");
    const config = loadConfig(flags);
    requireModelDir(config);
    const transcriber = createRegistry(config, createLog(config));
    const entries = await transcriber.backends();
    await transcriber.close();
    await print(flags["json"] ? asJson(entries) : asText(entries));
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
  return `${entries.map(entryText).join("\n\n")}\n`;
}

/**
 * Returns the text for one backend. In `entry.models`, a name with an asterisk or a brace is a pattern of model names. Every other
 * name is the name of a model on this machine.
 */
function entryText(entry: BackendEntry): string {
  const title = `${entry.id} (${entry.displayName}): ${entry.unavailable ?? "ready"}`;
  // If this server has no engine for the backend, the backend has no devices. Then only the title is shown.
  if (entry.devices.length === 0) return title;
  const isPattern = (name: string) => /[*{]/u.test(name);
  const here = entry.models.filter((name) => !isPattern(name));
  const patterns = entry.models.filter(isPattern);
  const rows = [
    ["devices", entry.devices.join(", ")],
    ["capabilities", entry.capabilities.join(", ") || "depend on the model"],
    ["models", here.join(", ") || "none on this machine"],
    ...(patterns.length > 0
      ? [["also takes", `${patterns.join(", ")} (downloaded when missing)`]]
      : []),
  ];
  return [title, ...rows.map(([label = "", value = ""]) => `  ${label.padEnd(12)}  ${value}`)].join(
    "\n",
  );
}

/** `open-asr-server service install [FLAGS]`: lets the system run `serve` with these flags at every login. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { findSettings, loadServerConfig } from "../../settings/config.ts";
import { changedSettings } from "../../settings/diagnosis.ts";
import { readArgs, settingArgs } from "../flags.ts";
import { print } from "../print.ts";
import { replaceFile } from "../replace-file.ts";
import { serverUrl } from "../server-url.ts";
import { serviceManager } from "./manager.ts";
import { programPath } from "./program-path.ts";
import { standardError } from "../../platform/standard-error.ts";

const args: ArgsDef = {
  print: { type: "boolean", description: "Only print the file of the service, and change nothing" },
  ...settingArgs("service install"),
};

export const install: CommandDef = defineCommand({
  meta: {
    name: "service install",
    description: "Start the server now and at every login, with these flags",
  },
  args,
  async run({ rawArgs }) {
    const { flags } = readArgs(rawArgs, args, "service install");
    const { print: onlyPrint, ...serveFlags } = flags;
    const config = loadServerConfig(serveFlags);
    const found = findSettings(serveFlags);
    const manager = serviceManager();
    const text = manager.text({
      command: [programPath(), "serve", ...rawArgs.filter((word) => word !== "--print")],
      folder: process.cwd(),
      stopS: config.drainTimeoutS + endS,
    });
    if (onlyPrint !== undefined) return print(text);
    warnOfVariables(changedSettings(found));
    await mkdir(dirname(manager.path), { recursive: true });
    await replaceFile(manager.path, text);
    await manager.start();
    const lines = [
      `The server runs as a service of ${manager.name}: ${manager.path}`,
      ...(config.port === 0 ? [] : [`It listens on ${serverUrl(config)}`]),
      `Its log: ${manager.logCommand}`,
      ...manager.advice,
      "To remove it: open-asr-server service remove",
    ];
    await print(`${lines.join("\n")}\n`);
  },
});

// --- internal ---

/** Seconds that the server needs to end after it has finished or stopped its requests. */
const endS = 15;

/** Warns of settings of this terminal. The service does not have the environment of this terminal. */
function warnOfVariables(changed: ReturnType<typeof changedSettings>): void {
  const names = changed.filter(({ source }) => source === "environment").map((one) => one.variable);
  if (names.length === 0) return;
  standardError.write(
    `open-asr-server: The service does not get these variables of your environment: ${names.join(", ")}. ` +
      "Use flags instead, or for secrets the configuration file (open-asr-server config --example)\n",
  );
}

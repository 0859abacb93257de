/** `open-asr-server service status`: prints whether the service is installed and runs. */
import { existsSync } from "node:fs";
import { type CommandDef, defineCommand } from "citty";
import { exitCodes } from "../exit-codes.ts";
import { readArgs } from "../flags.ts";
import { print } from "../print.ts";
import { serviceManager } from "./manager.ts";

export const status: CommandDef = defineCommand({
  meta: { name: "service status", description: "Print whether the service runs" },
  async run({ rawArgs }) {
    readArgs(rawArgs, {}, "service status");
    const manager = serviceManager();
    if (!existsSync(manager.path)) {
      await print("not installed: open-asr-server service install\n");
      return exitCodes.failed;
    }
    const isRunning = await manager.isRunning();
    const state = isRunning ? "running" : "installed, but not running";
    await print(`${state}\n  file  ${manager.path}\n  log   ${manager.logCommand}\n`);
    return isRunning ? exitCodes.done : exitCodes.failed;
  },
});

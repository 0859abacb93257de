/** `open-asr-server service remove`: stops the service and removes its file. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type CommandDef, defineCommand } from "citty";
import { readArgs } from "../flags.ts";
import { print } from "../print.ts";
import { serviceManager } from "./manager.ts";

export const remove: CommandDef = defineCommand({
  meta: { name: "service remove", description: "Stop the service and remove it" },
  async run({ rawArgs }) {
    readArgs(rawArgs, {}, "service remove");
    const manager = serviceManager();
    if (!existsSync(manager.path)) return print("There is no service to remove\n");
    await manager.stop();
    await rm(manager.path);
    await manager.forget();
    await print(
      `The service is stopped, and ${manager.path} is removed. Models and settings stay\n`,
    );
  },
});

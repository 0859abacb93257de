/** `open-asr-server service`: a group of commands that let the system start the server when the user logs in. */
import { type CommandDef, defineCommand } from "citty";

export const service: CommandDef = defineCommand({
  meta: { name: "service", description: "Start the server at login, with systemd or launchd" },
  subCommands: {
    install: async () => (await import("./install.ts")).install,
    status: async () => (await import("./status.ts")).status,
    remove: async () => (await import("./remove.ts")).remove,
  },
});

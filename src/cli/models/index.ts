/** `open-asr-server models`: a group of commands for models on this machine and on the hub. */
import { type CommandDef, defineCommand } from "citty";

export const models: CommandDef = defineCommand({
  meta: { name: "models", description: "List, download, inspect and remove models" },
  subCommands: {
    list: async () => (await import("./list.ts")).list,
    show: async () => (await import("./show.ts")).show,
    pull: async () => (await import("./pull.ts")).pull,
    rm: async () => (await import("./rm.ts")).rm,
    import: async () => (await import("./import.ts")).importFiles,
    recommend: async () => (await import("./recommend.ts")).recommend,
    path: async () => (await import("./path.ts")).path,
  },
});

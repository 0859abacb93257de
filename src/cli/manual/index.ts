/** `open-asr-server man`: prints the manual page, for the program `man` and for distribution packages. */
import { type CommandDef, defineCommand } from "citty";
import { version } from "../../../package.json";
import { programFacts } from "../command-facts.ts";
import { readArgs } from "../flags.ts";
import { manualPage } from "./page.ts";
import { print } from "../print.ts";

/** Returns the command. `root` loads the program with all its commands. */
export function manualCommand(root: () => CommandDef): CommandDef {
  return defineCommand({
    meta: { name: "man", description: "Print the manual page, in the format of man" },
    args: {},
    async run({ rawArgs }) {
      readArgs(rawArgs, {}, "man");
      await print(manualPage(await programFacts(root()), version));
    },
  });
}

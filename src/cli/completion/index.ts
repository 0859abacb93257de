/** `open-asr-server completion SHELL`: prints a script that completes commands, flags and values in a shell. */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { UsageError } from "../../settings/config.ts";
import { type CommandFacts, programFacts } from "../command-facts.ts";
import { readArgs } from "../flags.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";
import { print } from "../print.ts";

const scripts: Readonly<Record<string, (program: CommandFacts) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const shells = Object.keys(scripts);

const args: ArgsDef = {
  shell: {
    type: "positional",
    required: false,
    valueHint: shells.join("|"),
    description: `The shell: ${shells.join(", ")}`,
  },
};

/** Returns the command. `root` loads the program with all its commands. */
export function completionCommand(root: () => CommandDef): CommandDef {
  return defineCommand({
    meta: { name: "completion", description: "Print a completion script for a shell" },
    args,
    async run({ rawArgs }) {
      const { positionals } = readArgs(rawArgs, args, "completion");
      const [shell = "", ...more] = positionals;
      const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
      if (script === undefined || more.length > 0) {
        const found = shell === "" ? "needs a shell" : `found "${positionals.join(" ")}"`;
        throw new UsageError(`completion ${found}, expected ${shells.join(" or ")}`);
      }
      await print(script(await programFacts(root())));
    },
  });
}

/** `open-asr-server models path NAME`: prints the path of the file or folder of a model, for use in scripts. */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { AsrError } from "../../errors.ts";
import { settingArgs } from "../flags.ts";
import { readModelsCommand } from "./model-args.ts";
import { pathOf } from "./model-origin.ts";
import { print } from "../print.ts";

const args: ArgsDef = {
  name: { type: "positional", required: false, description: "A model on this machine" },
  ...settingArgs("models"),
};

export const path: CommandDef = defineCommand({
  meta: { name: "models path", description: "Print the path of a model on this machine" },
  args,
  async run({ rawArgs }) {
    const options = { name: "models path", names: "one" } as const;
    const { names, catalog } = readModelsCommand(rawArgs, args, options);
    const [name = ""] = names;
    const { model } = await catalog.locate(name);
    if (model === null) {
      throw notHere(
        `"${name}" is not on this machine. Download it: open-asr-server models pull ${name}`,
      );
    }
    const found = pathOf(model);
    if (found === null) throw notHere(`"${name}" is part of the executable: it has no path`);
    await print(`${found}\n`);
  },
});

// --- internal ---

function notHere(message: string): AsrError {
  return new AsrError("model_not_found", message, { param: "model" });
}

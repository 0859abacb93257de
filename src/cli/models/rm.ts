/** `open-asr-server models rm NAME...`: removes models that this program has downloaded. */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { removeModel } from "../../models/hub/remove.ts";
import { removableModel } from "../../models/removable.ts";
import { sizeText } from "../../models/size-text.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { settingArgs } from "../flags.ts";
import { type ModelsCommand, readModelsCommand } from "./model-args.ts";
import { reportFailure } from "./report.ts";
import { print } from "../print.ts";

const args: ArgsDef = {
  "name...": { type: "positional", required: false, description: "Models to remove" },
  force: {
    type: "boolean",
    description: "Also remove files of the model cache that other tools downloaded",
  },
  ...settingArgs("models"),
};

export const rm: CommandDef = defineCommand({
  meta: { name: "models rm", description: "Remove downloaded models from this machine" },
  args,
  async run({ rawArgs }) {
    const options = { name: "models rm", names: "some" } as const;
    const command = readModelsCommand(rawArgs, args, options);
    let code: ExitCode = exitCodes.done;
    for (const name of command.names) {
      try {
        await removeOne(name, command);
      } catch (error) {
        reportFailure(error);
        code = exitCodes.failed;
      }
    }
    return code;
  },
});

// --- internal ---

async function removeOne(name: string, { catalog, config, flags }: ModelsCommand): Promise<void> {
  const { hubCacheFolder } = config;
  const removable = removableModel(name, await catalog.locate(name), hubCacheFolder);
  const force = flags["force"] !== undefined;
  const { bytes } = await removeModel(hubCacheFolder ?? "", removable, { force });
  await print(`Removed ${name}, freed ${sizeText(bytes)}\n`);
}

/**
 * `open-asr-server models recommend`: recommends the most accurate model that this machine can run faster than real
 * time.
 */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { type MachineFacts, type Recommendation, recommendModel } from "../../models/recommend.ts";
import { sizeText } from "../../models/size-text.ts";
import { UsageError } from "../../settings/config.ts";
import { nvidiaHere } from "../../settings/machine.ts";
import { languageCode } from "../../transcript/languages.ts";
import { machineFacts } from "../better-model.ts";
import { settingArgs } from "../flags.ts";
import { jsonArg, readModelsCommand } from "./model-args.ts";
import { writeJson } from "./report.ts";
import { print } from "../print.ts";

const args: ArgsDef = {
  languages: {
    type: "string",
    valueHint: "CODE,...",
    description: "Languages that are spoken; English alone allows smaller models",
  },
  ...jsonArg,
  ...settingArgs("models"),
};

export const recommend: CommandDef = defineCommand({
  meta: { name: "models recommend", description: "Recommend a model for this machine" },
  args,
  async run({ rawArgs }) {
    const options = { name: "models recommend", names: "none" } as const;
    const { flags, config } = readModelsCommand(rawArgs, args, options);
    const machine = await machineFacts(config, languagesOf(flags["languages"]));
    const found = recommendModel(machine);
    if (flags["json"] !== undefined) return writeJson(found);
    await print(`${machineText(machine)}\n${foundText(found)}\n`);
  },
});

// --- internal ---

/**
 * Parses the flag --languages. Returns null when the flag is absent, because the languages are then unknown. Throws
 * UsageError for an invalid value.
 */
function languagesOf(written: string | undefined): readonly string[] | null {
  if (written === undefined) return null;
  return written.split(",").map((name) => {
    const code = languageCode(name.trim());
    if (code !== null) return code;
    throw new UsageError(`--languages has "${name}", expected languages such as en,fr`);
  });
}

function machineText({ memoryBytes, physicalCores, hasGpu }: MachineFacts): string {
  const cores = physicalCores === 1 ? "1 core" : `${physicalCores} cores`;
  const unused =
    nvidiaHere().gpus.length === 0
      ? "no GPU that a backend can use"
      : "a GPU that no backend uses (`open-asr-server doctor` explains why)";
  const gpu = hasGpu ? "a GPU" : unused;
  return `this machine: ${cores}, ${sizeText(memoryBytes)} of memory for models, ${gpu}`;
}

function foundText(found: Recommendation | null): string {
  if (found === null) return "the starter model is the best for this machine";
  return `best model: ${found.model}, because ${found.reason}\n${found.command}`;
}

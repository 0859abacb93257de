/**
 * `open-asr-server models recommend`: recommends the most accurate Whisper model that this machine can run faster than
 * real time, and other kinds of models by need.
 */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { type NeedRecommendation, recommendByNeed } from "../../models/recommend-by-need.ts";
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
    const best = recommendModel(machine);
    const others = recommendByNeed(machine);
    if (flags["json"] !== undefined) return writeJson({ best, others });
    await print(`${[machineText(machine), bestText(best), ...othersLines(others)].join("\n")}\n`);
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

function bestText(best: Recommendation | null): string {
  if (best === null) return "the starter model is the best for this machine";
  return `best model: ${best.model}, because ${best.reason}\n${best.command}`;
}

/** Returns one line for each need. Empty when no other kind of model fits this machine and the languages. */
function othersLines(others: readonly NeedRecommendation[]): readonly string[] {
  if (others.length === 0) return [];
  const lines = others.map(({ need, model, bytes, languages }) => {
    const spoken = languages.length === 1 ? languages[0] : `${languages.length} languages`;
    return `  ${need.padEnd(9)}  ${model} (${sizeText(bytes)}, ${spoken})`;
  });
  return ["models of other kinds, without prompt and keywords, by need:", ...lines];
}

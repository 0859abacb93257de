/**
 * `open-asr-server bench [MODEL...]`: measures models on this machine, through HTTP requests to a server that the command
 * starts. Prints Markdown tables.
 */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { AsrError } from "../../errors.ts";
import { withBackend } from "../../models/model-ref.ts";
import { type Config, defaultsExcept, loadConfig, UsageError } from "../../settings/config.ts";
import { integerWithin } from "../../settings/value.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { shownPath } from "../file-names.ts";
import { readArgs, readFlag, settingArgs } from "../flags.ts";
import { quietLog } from "../quiet-log.ts";
import { resolveModels } from "../resolve-models.ts";
import { Interruption } from "../signals.ts";
import { requireModelDir } from "../start-checks.ts";
import { BenchProgress } from "./bench-progress.ts";
import { benchedMachine } from "./benched-machine.ts";
import { type ModelResult, measureModel } from "./measure-model.ts";
import { type Failure, reportJson, reportText } from "./report.ts";
import { print } from "../print.ts";
import { standardError } from "../../platform/standard-error.ts";

const secondsValue = integerWithin({ min: 1, max: 3600 });
const secondsDefault = 60;

const args: ArgsDef = {
  "model...": {
    type: "positional",
    required: false,
    default: "",
    description: "Models to measure (default: the default model); missing ones are downloaded",
  },
  seconds: {
    type: "string",
    valueHint: secondsValue.hint,
    description: `Approximate time to measure each model; at most twice as long, or 30 s longer (default: ${secondsDefault})`,
  },
  json: { type: "boolean", description: "Print JSON, for programs" },
  ...settingArgs("bench"),
};

export const bench: CommandDef = defineCommand({
  meta: { name: "bench", description: "Measure speed, memory and word errors of models" },
  args,
  run({ rawArgs }) {
    const { flags, positionals } = readArgs(rawArgs, args, "bench");
    const duplicate = positionals.find((name, index) => positionals.indexOf(name) !== index);
    if (duplicate !== undefined) throw new UsageError(`Model "${duplicate}" is named twice`);
    const options = {
      names: positionals.length === 0 ? [null] : positionals,
      seconds: readFlag("seconds", flags["seconds"] ?? String(secondsDefault), secondsValue),
      isJson: flags["json"] !== undefined,
    };
    const config = loadConfig(flags);
    // The server uses the default limits, not the limits of the operator, so that results of different machines can be
    // compared.
    const { modelAliases } = config;
    return runBench(options, { ...defaultsExcept("bench", config), modelAliases });
  },
});

// --- internal ---

interface BenchOptions {
  /** Names of the models to measure. A null name means the default model. */
  readonly names: readonly (string | null)[];
  readonly seconds: number;
  readonly isJson: boolean;
}

async function runBench(options: BenchOptions, config: Config): Promise<ExitCode> {
  requireModelDir(config);
  const interruption = new Interruption();
  const { signal, exitCode: interrupted } = interruption;
  const machine = benchedMachine(options.seconds, config);
  const models = await findModels(options.names, config, interruption);
  if (models === null) return interrupted;
  const { results, failures } = await measureAll(models, options.seconds, { config, signal });
  if (results.length > 0 || options.isJson) {
    const report = { machine, results, failures };
    await print(options.isJson ? reportJson(report) : reportText(report));
  }
  const isComplete =
    results.length === models.length && results.every(({ notes }) => notes.length === 0);
  if (!signal.aborted) return isComplete ? exitCodes.done : exitCodes.failed;
  standardError.write(
    `open-asr-server: Stopped: ${results.length} of ${models.length} models measured\n`,
  );
  return interrupted;
}

interface NamedModel {
  readonly name: string | null;
  readonly id: string;
}

/**
 * Measures the models one after another, until the user stops the benchmark. When a model fails, prints the reason and
 * continues with the next model.
 */
async function measureAll(
  models: readonly NamedModel[],
  seconds: number,
  { config, signal }: { readonly config: Config; readonly signal: AbortSignal },
) {
  const results: ModelResult[] = [];
  const failures: Failure[] = [];
  const progress = new BenchProgress({ count: models.length, seconds });
  for (const model of models) {
    const note = progress.begin(model.id);
    try {
      results.push(await measureModel({ ...model, seconds }, { config, signal, note }));
    } catch (error) {
      progress.end(signal.aborted);
      if (signal.aborted) break;
      if (!(error instanceof AsrError)) throw error;
      failures.push({ model: model.id, reason: error.operatorMessage });
      const line = shownPath(`Cannot measure ${model.id}: ${error.operatorMessage}`);
      standardError.write(`open-asr-server: ${line}\n`);
    }
    progress.end(signal.aborted);
  }
  return { results, failures };
}

/**
 * Finds all models before the first measurement, and downloads missing models. Returns null when a signal stopped a
 * download.
 */
async function findModels(
  names: readonly (string | null)[],
  config: Config,
  interruption: Interruption,
): Promise<readonly NamedModel[] | null> {
  const { createRegistry } = await import("../../supervisor/registry.ts");
  const transcriber = createRegistry(config, quietLog(config));
  try {
    const found = await resolveModels(names, { ...config, transcriber, interruption });
    if (found.length < names.length) return null;
    return found.map(({ id, backend }, index) => ({
      name: names[index] ?? null,
      id: withBackend(backend, id),
    }));
  } finally {
    await transcriber.close();
  }
}

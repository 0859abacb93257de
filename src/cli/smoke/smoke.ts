/**
 * `open-asr-server smoke [BACKEND]`: transcribes the samples inside the executable with the models on this machine, and
 * compares the transcripts with the spoken words.
 */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { backendNames } from "../../models/backends/backend-names.ts";
import { type Config, loadConfig, UsageError } from "../../settings/config.ts";
import { Spool } from "../../spool/spool.ts";
import type { ExitCode } from "../exit-codes.ts";
import { readArgs, settingArgs } from "../flags.ts";
import { ProgressLine } from "../progress-line.ts";
import { quietLog } from "../quiet-log.ts";
import { Interruption } from "../signals.ts";
import { requireModelDir } from "../start-checks.ts";
import { exitCodeOf, type Outcome, outcomeJson, outcomeText } from "./outcome.ts";
import { SampleFiles, transcribeSample } from "./sample-job.ts";
import { smokeTargets } from "./targets.ts";
import { print } from "../print.ts";

const args: ArgsDef = {
  backend: {
    type: "positional",
    required: false,
    default: "",
    valueHint: Object.values(backendNames)
      .map(({ id }) => id)
      .join("|"),
    description:
      "Test every model of this backend that is on this machine; by default, one model of every ready backend",
  },
  json: { type: "boolean", description: "Print JSON, for programs" },
  ...settingArgs("smoke"),
};

export const smoke: CommandDef = defineCommand({
  meta: { name: "smoke", description: "Test the backends with recordings inside the executable" },
  args,
  run({ rawArgs }) {
    const { flags, positionals } = readArgs(rawArgs, args, "smoke");
    const [backend = null, ...more] = positionals;
    if (more.length > 0) {
      throw new UsageError(
        `smoke takes one backend, found ${positionals.length}: ${positionals.join(", ")}`,
      );
    }
    // `smoke` downloads nothing, because a test of this machine must not change the machine.
    const config = { ...loadConfig(flags), pull: "never" } as const;
    return runSmoke({ backend, isJson: flags["json"] !== undefined }, config);
  },
});

// --- internal ---

interface SmokeOptions {
  readonly backend: string | null;
  readonly isJson: boolean;
}

async function runSmoke({ backend, isJson }: SmokeOptions, config: Config): Promise<ExitCode> {
  requireModelDir(config);
  const { signal, exitCode: interrupted } = new Interruption();
  const { createRegistry } = await import("../../supervisor/registry.ts");
  using spool = Spool.open(config.spoolDir, config);
  const transcriber = createRegistry(config, quietLog(config));
  const progress = new ProgressLine();
  const outcomes: Outcome[] = [];
  const run = async (): Promise<ExitCode> => {
    const targets = await smokeTargets(backend, { config, transcriber });
    await using files = await SampleFiles.write(spool, signal);
    const report = async (outcome: Outcome): Promise<void> => {
      outcomes.push(outcome);
      progress.clear();
      if (!isJson) await print(outcomeText(outcome));
    };
    for (const [index, target] of targets.entries()) {
      if (target.model === null) {
        await report({ ...target, status: "not_ready" });
        continue;
      }
      for (const sample of files.samples) {
        const name = `${target.model}, ${sample.name}`;
        progress.show({ name, number: index + 1, count: targets.length }, null);
        await report(
          await transcribeSample({ ...target, sample }, { config, transcriber, signal }),
        );
      }
    }
    if (isJson) await print(`${JSON.stringify(outcomes.map(outcomeJson), null, 2)}\n`);
    return exitCodeOf(outcomes, backend);
  };
  try {
    return await Promise.race([interrupted, run()]);
  } finally {
    progress.close(signal.aborted);
    await transcriber.close();
  }
}

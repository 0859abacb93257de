/**
 * `open-asr-server transcribe FILE...`: transcribes files without an HTTP server. Writes only transcripts to standard
 * output.
 */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { type Config, loadConfig, vadPreset } from "../../settings/config.ts";
import { allowingFfmpeg } from "../../settings/ffmpeg.ts";
import type { ResolvedModel, Transcriber } from "../../jobs/job.ts";
import { Spool } from "../../spool/spool.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { exactArguments } from "../file-names.ts";
import { readArgs, settingArgs } from "../flags.ts";
import { quietLog } from "../quiet-log.ts";
import { resolveModels } from "../resolve-models.ts";
import { Interruption } from "../signals.ts";
import { requireFfmpeg, requireModelDir } from "../start-checks.ts";
import type { SizedFile } from "./audio-totals.ts";
import { Batch } from "./batch.ts";
import { BatchProgress } from "./batch-progress.ts";
import { fileStats } from "./file-stats.ts";
import { Fingerprints } from "./fingerprint.ts";
import { FinishedRecords } from "./finished-record.ts";
import { checkOutputs } from "./output-checks.ts";
import type { TaskFile } from "./output-names.ts";
import { Profile } from "./profile.ts";
import { ProgressLine } from "../progress-line.ts";
import { Summary } from "./summary.ts";
import { readTask, type Task } from "./task.ts";
import { taskArgs } from "./task-args.ts";
import { standardError } from "../../platform/standard-error.ts";

const args: ArgsDef = { ...taskArgs, ...settingArgs("transcribe") };

export const transcribe: CommandDef = defineCommand({
  meta: { name: "transcribe", description: "Print or write transcripts of audio files" },
  args,
  run({ rawArgs }) {
    const { flags, positionals } = readArgs(exactArguments(rawArgs), args, "transcribe");
    const config = allowingFfmpeg(loadConfig(flags));
    return runTranscribe(readTask(flags, positionals, vadPreset(config)), config);
  },
});

// --- internal ---

/** Text for standard error when a stop signal such as Ctrl-C has ended the work. */
const stopped = "open-asr-server: Stopped. The same command with --resume transcribes the rest\n";

interface Run {
  readonly task: Task;
  readonly config: Config;
  readonly transcriber: Transcriber;
  readonly model: ResolvedModel;
  readonly spool: Spool;
  readonly interruption: Interruption;
}

async function runTranscribe(task: Task, config: Config): Promise<ExitCode> {
  requireModelDir(config);
  requireFfmpeg(config);
  checkOutputs(task);
  const interruption = new Interruption();
  const { createRegistry } = await import("../../supervisor/registry.ts");
  using spool = Spool.open(config.spoolDir, config);
  const transcriber = createRegistry(config, quietLog(config));
  try {
    const { task: wanted } = task.options;
    const options = { ...config, transcriber, interruption, task: wanted };
    const [model] = await resolveModels([null], options);
    if (model === undefined) return await interruption.exitCode;
    return await transcribeAll({ task, config, transcriber, model, spool, interruption });
  } finally {
    await transcriber.close();
  }
}

/** Transcribes the unfinished files, and prints a summary. */
async function transcribeAll(run: Run): Promise<ExitCode> {
  const { task, config, model, interruption } = run;
  const { signal, exitCode: interrupted } = interruption;
  const fingerprints = new Fingerprints(task, model, config);
  const line = new ProgressLine();
  const records = new FinishedRecords(task.isBatch, (text) => {
    line.clear();
    standardError.write(`open-asr-server: ${text}\n`);
  });
  const files = unfinishedFiles(task, fingerprints, records);
  const summary = new Summary();
  const profile = new Profile();
  summary.skip(task.files.length - files.length);
  const progress = new BatchProgress(files.map(sizeOf), line);
  const parallel = task.parallel ?? lanesOf(run) + 1;
  const batch = new Batch({
    ...run,
    files,
    parallel,
    fingerprints,
    records,
    progress,
    summary,
    profile,
    signal,
  });
  let isComplete = false;
  try {
    const code = await Promise.race([interrupted, batch.run()]);
    isComplete = code === undefined;
    return code ?? (summary.failed > 0 ? exitCodes.failed : exitCodes.done);
  } finally {
    line.close(signal.aborted);
    batch.close();
    const isTold = task.isBatch && (isComplete || summary.transcribed > 0);
    if (task.profile) standardError.write(`${profile.text()}\n`);
    if (isTold) standardError.write(`${summary.text(task.files.length)}\n`);
    if (isTold && signal.aborted) standardError.write(stopped);
  }
}

/** Returns the files to transcribe. With --resume, omits the files whose transcripts are finished. */
function unfinishedFiles(
  task: Task,
  fingerprints: Fingerprints,
  records: FinishedRecords,
): readonly TaskFile[] {
  if (!task.resume) return task.files;
  return task.files.filter(
    ({ input, outputs }) => !records.isFinished(outputs, fingerprints.of(input.path)),
  );
}

function sizeOf({ input: { path } }: TaskFile): SizedFile {
  const stats = fileStats(path);
  return { path, bytes: stats?.isFile() === true ? stats.size : 0 };
}

/** Returns the number of chunks that the model transcribes at the same time. */
function lanesOf({ transcriber, model }: Run): number {
  return transcriber.lanes().get(model.id) ?? 1;
}

/**
 * `open-asr-server transcribe FILE...`: transcribes files without an HTTP server. Writes only transcripts to standard
 * output.
 */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { type Config, loadConfig, vadPreset } from "../settings/config.ts";
import { AsrError, type ErrorCode } from "../errors.ts";
import type { JobEvent } from "../jobs/events.ts";
import type { ResolvedModel, Transcriber } from "../jobs/job.ts";
import { withWordTimes } from "../jobs/word-times.ts";
import { Spool } from "../spool/spool.ts";
import { isClosedPipe } from "./closed-pipe.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { exactArguments, shownPath } from "./file-names.ts";
import { readArgs, settingArgs } from "./flags.ts";
import { type InputAudio, openInput } from "./input-audio.ts";
import { checkOutputs } from "./output-checks.ts";
import type { TaskFile } from "./output-plan.ts";
import { ProgressLine } from "./progress.ts";
import { quietLog } from "./quiet-log.ts";
import { resolveModels } from "./resolve-models.ts";
import { Interruption } from "./signals.ts";
import { requireModelDir } from "./start-checks.ts";
import { readTask, type Task, taskArgs } from "./transcribe-task.ts";
import { reportWritten, TranscriptWriter, WriteError } from "./transcript-writer.ts";

const args: ArgsDef = { ...taskArgs, ...settingArgs("transcribe") };

export const transcribe: CommandDef = defineCommand({
  meta: { name: "transcribe", description: "Print or write transcripts of audio files" },
  args,
  run({ rawArgs }) {
    const { flags, positionals } = readArgs(exactArguments(rawArgs), args, "transcribe");
    const config = loadConfig(flags);
    return runTranscribe(readTask(flags, positionals, vadPreset(config)), config);
  },
});

// --- internal ---

/** Maximum number of files that are transcribed at the same time. It is large enough to keep all workers busy. */
const filesAtOnce = 8;

/** Codes of the errors that concern the model, not the file. */
const modelErrors: ReadonlySet<ErrorCode> = new Set([
  "backend_unavailable",
  "model_load_failed",
  "model_not_found",
]);

interface Run {
  readonly task: Task;
  readonly transcriber: Transcriber;
  readonly model: ResolvedModel;
  readonly spool: Spool;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
  /** Resolves to the exit code when a signal stops the command. */
  readonly interrupted: Promise<ExitCode>;
  /** Files whose transcript has been written to a file. */
  readonly written: TaskFile[];
}

async function runTranscribe(task: Task, config: Config): Promise<ExitCode> {
  requireModelDir(config);
  checkOutputs(task);
  const interruption = new Interruption();
  const { signal, exitCode: interrupted } = interruption;
  const { createRegistry } = await import("../supervisor/registry.ts");
  using spool = Spool.open(config.spoolDir, config);
  const transcriber = createRegistry(config, quietLog(config));
  const progress = new ProgressLine();
  const written: TaskFile[] = [];
  try {
    const { task: wanted } = task.options;
    const options = { ...config, transcriber, interruption, task: wanted };
    const [model] = await resolveModels([null], options);
    if (model === undefined) return await interrupted;
    const run = {
      task,
      transcriber,
      model,
      spool,
      progress,
      signal,
      interrupted,
      written,
    };
    return await Promise.race([interrupted, transcribeAll(run)]);
  } finally {
    progress.close(signal.aborted);
    if (task.files.length > 1) reportWritten(written);
    await transcriber.close();
  }
}

/** Transcribes files concurrently. Writes the transcripts in the order in which the user named the files. */
async function transcribeAll(run: Run): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const started: { file: TaskFile; work: Promise<StartedFile> }[] = [];
  const waiting = [...run.task.files];
  const writer = new TranscriptWriter(run.task, run.progress);
  for (let number = 1; ; number++) {
    for (const file of waiting.splice(0, filesAtOnce - started.length)) {
      const work = startFile(file, run);
      // Prevents an unhandled rejection. The loop reports this error later, when it awaits the work on this file.
      work.catch(() => undefined);
      started.push({ file, work });
    }
    const next = started.shift();
    if (next === undefined) return code;
    try {
      await finishFile(next.file, { number, work: next.work, writer }, run);
    } catch (error) {
      if (run.signal.aborted) return await run.interrupted;
      // The reader of standard output has closed the pipe. Stop, because the other transcripts cannot be written
      // either.
      if (next.file.outputPath === null && isClosedPipe(error)) throw error;
      // Without the model, the other files cannot be transcribed either.
      if (error instanceof AsrError && modelErrors.has(error.code)) throw error;
      code = exitCodes.failed;
      run.progress.clear();
      process.stderr.write(`open-asr-server: ${explain(next.file, error)}\n`);
    }
  }
}

interface StartedFile {
  readonly audio: InputAudio;
  readonly events: AsyncIterable<JobEvent>;
}

async function startFile({ input }: TaskFile, run: Run): Promise<StartedFile> {
  const { task, transcriber, model, spool, signal } = run;
  const audio = await openInput(input, spool, signal);
  const events = transcriber.transcribe({
    model,
    origin: "operator",
    keepAliveS: null,
    audioPath: audio.path,
    options: task.cueLimits === null ? task.options : withWordTimes(task.options, model),
    signal,
  });
  return { audio, events: startReading(events) };
}

/** Starts the job by reading its first event. The other events are read when the caller reads the result. */
function startReading(events: AsyncIterable<JobEvent>): AsyncIterable<JobEvent> {
  const iterator = events[Symbol.asyncIterator]();
  const first = iterator.next();
  first.catch(() => undefined);
  return (async function* read() {
    for (let one = await first; one.done !== true; one = await iterator.next()) yield one.value;
  })();
}

/**
 * Writes the transcript of one file: text to standard output while the job runs, any other output when the job ends.
 */
async function finishFile(
  file: TaskFile,
  {
    number,
    work,
    writer,
  }: { number: number; work: Promise<StartedFile>; writer: TranscriptWriter },
  { written }: Run,
): Promise<void> {
  writer.begin(file, number);
  const { audio, events } = await work;
  await using resources = new AsyncDisposableStack();
  resources.use(audio);
  await writer.write(file, events);
  if (file.outputPath !== null) written.push(file);
}

function explain({ input }: TaskFile, error: unknown): string {
  if (error instanceof WriteError) return error.message;
  return `Cannot transcribe "${shownPath(input)}": ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  if (error instanceof AsrError) return error.operatorMessage;
  return error instanceof Error ? error.message : String(error);
}

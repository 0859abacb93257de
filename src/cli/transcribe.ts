/** `open-asr-server transcribe FILE...`: transcribes files without HTTP. Standard output contains only transcripts. */
import { mkdirSync, statSync } from "node:fs";
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { type Config, loadConfig, vadPreset } from "../settings/config.ts";
import { AsrError } from "../errors.ts";
import { formats } from "../transcript/format.ts";
import { collect } from "../jobs/collect.ts";
import type { ResolvedModel, Transcriber } from "../jobs/job.ts";
import { createLog } from "../log.ts";
import { Spool } from "../spool/spool.ts";
import { isClosedPipe } from "./closed-pipe.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { readArgs, settingArgs } from "./flags.ts";
import { ProgressLine } from "./progress.ts";
import { exitCodeOf, stopSignal } from "./signals.ts";
import { requireModelDir } from "./start-checks.ts";
import { readTask, standardInput, type Task, taskArgs, type TaskFile } from "./transcribe-task.ts";

const args: ArgsDef = { ...taskArgs, ...settingArgs("transcribe") };

export const transcribe: CommandDef = defineCommand({
  meta: { name: "transcribe", description: "Print or write transcripts of audio files" },
  args,
  run({ rawArgs }) {
    const { flags, positionals } = readArgs(rawArgs, args, "transcribe");
    const config = loadConfig(flags);
    return runTranscribe(readTask(flags, positionals, vadPreset(config)), config);
  },
});

// --- internal ---

/** Files transcribed at the same time: enough to keep all workers busy. */
const filesAtOnce = 8;

interface Run {
  readonly task: Task;
  readonly transcriber: Transcriber;
  readonly model: ResolvedModel;
  readonly spool: Spool;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
  /** Resolves when a signal stops the command. */
  readonly interrupted: Promise<ExitCode>;
}

async function runTranscribe(task: Task, config: Config): Promise<ExitCode> {
  requireModelDir(config);
  const interrupt = new AbortController();
  const interrupted = stopSignal().then((signal) => {
    interrupt.abort();
    return exitCodeOf[signal];
  });
  const { createRegistry } = await import("../supervisor/registry.ts");
  using spool = Spool.open(config.spoolDir, config);
  // This command prints the error of each file itself, so the log contains only warnings and errors.
  const logLevel = config.logLevel === "info" ? "warn" : config.logLevel;
  const log = createLog({ ...config, logLevel });
  const transcriber = createRegistry(config, log);
  const progress = new ProgressLine();
  try {
    const model = await transcriber.resolve(null, "operator");
    if (task.outputFolder !== null) mkdirSync(task.outputFolder, { recursive: true });
    const run = {
      task,
      transcriber,
      model,
      spool,
      progress,
      signal: interrupt.signal,
      interrupted,
    };
    return await Promise.race([interrupted, transcribeAll(run)]);
  } finally {
    progress.clear();
    await transcriber.close();
  }
}

/** Transcribes files concurrently, and writes the transcripts in the order of the files. */
async function transcribeAll(run: Run): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const started: { file: TaskFile; text: Promise<string> }[] = [];
  const waiting = [...run.task.files];
  for (;;) {
    for (const file of waiting.splice(0, filesAtOnce - started.length)) {
      const text = transcribeFile(file, run);
      // The loop reports this error later, when it awaits the text of this file.
      text.catch(() => undefined);
      started.push({ file, text });
    }
    const next = started.shift();
    if (next === undefined) return code;
    try {
      await writeTranscript(await next.text, next.file, run.progress);
    } catch (error) {
      if (run.signal.aborted) return await run.interrupted;
      // The reader closed standard output. Stop, because the other transcripts cannot be written either.
      if (next.file.outputPath === null && isClosedPipe(error)) throw error;
      code = exitCodes.failed;
      run.progress.clear();
      process.stderr.write(
        `open-asr-server: Cannot transcribe "${next.file.input}": ${messageOf(error)}\n`,
      );
    }
  }
}

async function transcribeFile({ input }: TaskFile, run: Run): Promise<string> {
  const { task, transcriber, model, spool, progress, signal } = run;
  await using audio =
    input === standardInput ? await readStandardInput(spool, signal) : namedFile(input);
  const events = transcriber.transcribe({
    model,
    origin: "operator",
    audioPath: audio.path,
    options: task.options,
    signal,
  });
  const transcript = await collect(events, (event) => {
    if (event.type === "progress") progress.show(input, event);
  });
  return formats[task.format].render(transcript, task.granularities);
}

async function writeTranscript(text: string, { outputPath }: TaskFile, progress: ProgressLine) {
  progress.clear();
  const output = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  await Bun.write(outputPath ?? Bun.stdout, output);
}

function messageOf(error: unknown): string {
  if (error instanceof AsrError) return error.operatorMessage;
  return error instanceof Error ? error.message : String(error);
}

interface Audio extends AsyncDisposable {
  readonly path: string;
}

/** A file that the user named. Disposing of it does not delete the file. */
function namedFile(path: string): Audio {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new AsrError("invalid_audio", "no such file");
  if (stats.isDirectory()) throw new AsrError("invalid_audio", "this is a folder");
  return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function readStandardInput(spool: Spool, signal: AbortSignal): Promise<Audio> {
  if (process.stdin.isTTY) {
    throw new AsrError(
      "invalid_audio",
      "standard input is a terminal; pipe or redirect audio into it",
    );
  }
  const file = spool.file();
  await file.write(process.stdin, signal);
  return file;
}

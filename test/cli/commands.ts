/** Lists all commands of the executable with their flags, for the tests of the help and of the documentation. */
import type { ArgsDef } from "citty";
import { backends } from "../../src/cli/backends.ts";
import { bench } from "../../src/cli/bench/bench.ts";
import { completionCommand } from "../../src/cli/completion/index.ts";
import { config } from "../../src/cli/config.ts";
import { health } from "../../src/cli/health.ts";
import { importFiles } from "../../src/cli/models/import.ts";
import { manualCommand } from "../../src/cli/manual/index.ts";
import { list } from "../../src/cli/models/list.ts";
import { path } from "../../src/cli/models/path.ts";
import { pull } from "../../src/cli/models/pull.ts";
import { recommend } from "../../src/cli/models/recommend.ts";
import { rm } from "../../src/cli/models/rm.ts";
import { show } from "../../src/cli/models/show.ts";
import { serve } from "../../src/cli/serve.ts";
import { smoke } from "../../src/cli/smoke/smoke.ts";
import { transcribe } from "../../src/cli/transcribe/command.ts";

const commands = [
  serve,
  transcribe,
  smoke,
  bench,
  list,
  show,
  pull,
  rm,
  importFiles,
  path,
  recommend,
  backends,
  config,
  health,
  completionCommand(() => ({})),
  manualCommand(() => ({})),
];

/** Maps the name of each command, for example "models pull", to its arguments. */
export const commandArgs: Readonly<Record<string, ArgsDef>> = Object.fromEntries(
  commands.map(({ meta, args }) => [(meta as { name: string }).name, args as ArgsDef]),
);

/**
 * Returns the name of the command at the start of `line`, which is a command line without the name of the program. Null
 * if `line` does not start with a known command.
 */
export function commandIn(line: string): string | null {
  const words = line.trim().split(/\s+/u);
  return (
    [2, 1].map((count) => words.slice(0, count).join(" ")).find((name) => name in commandArgs) ??
    null
  );
}

/** The parts of docs/ that are generated from the code; `npm run docs` writes them, docs.test.ts compares them. */
import { join } from "node:path";
import { errorKinds } from "../../src/errors.ts";
import { accessSettings } from "../../src/settings/access.ts";
import { limitSettings } from "../../src/settings/limits.ts";
import { modelSettings } from "../../src/settings/models.ts";
import { operationSettings } from "../../src/settings/operation.ts";
import { runnerSettings } from "../../src/settings/runners.ts";
import { defaultText, type Setting } from "../../src/settings/setting.ts";
import { vadSettings } from "../../src/settings/vad.ts";

export const docs = join(import.meta.dirname, "../../docs");

/** The whole of docs/configuration.md. */
export function configurationPage(): string {
  return [introduction, ...groups.map(([title, group]) => section(title, group)), closing].join(
    "\n",
  );
}

/** docs/api.md with its table of errors replaced by that of src/errors.ts. */
export function withErrorTable(page: string): string {
  return page.replace(
    /(<!-- errors: .* -->\n)[\s\S]*?(<!-- \/errors -->)/u,
    (_, begin: string, end: string) => `${begin}\n${errorTable()}\n\n${end}`,
  );
}

// --- internal ---

const introduction = `# Configuration

Each setting has an environment variable and, unless it is a secret, a flag. A flag overrides its variable. A blank variable
counts as absent. Invalid values and unknown \`OPEN_ASR_\` variables abort startup, one line per problem.

\`serve\` takes all flags. \`transcribe\` takes those marked with "t".

This page is generated from src/settings: \`npm run docs\` writes it.
`;

const closing = `## Flags of \`transcribe\`

\`--format\`, \`--output\` (a file, or a folder for several inputs), \`--language\`, \`--multilingual\`, \`--prompt\`, \`--keywords\`,
\`--temperature\` and \`--words\`: see \`open-asr-server transcribe --help\`.

Exit codes: 0 when every file was transcribed, 1 when one failed, 2 for a mistake on the command line, 130 after Ctrl-C,
143 after SIGTERM.
`;

type Group = Readonly<Record<string, Setting<unknown>>>;

const groups: readonly (readonly [title: string, group: Group])[] = [
  ["Access", accessSettings],
  ["Models", modelSettings],
  ["Voice activity detection", vadSettings],
  ["Limits", limitSettings],
  ["Runners", runnerSettings],
  ["Operation", operationSettings],
];

function section(title: string, group: Group): string {
  const rows = Object.values(group)
    .filter(({ hidden }) => hidden !== true)
    .map(row);
  return [
    `## ${title}\n`,
    "| flag | variable | values | default | meaning |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function row(entry: Setting<unknown>): string {
  const { flag, variable, value, help, commands } = entry;
  const mark = commands.includes("transcribe") ? " t" : "";
  const flagText = flag === undefined ? "" : `\`--${flag}\`${mark}`;
  return `| ${flagText} | \`${variable}\` | ${value.range} | ${defaultText(entry)} | ${help} |`;
}

function errorTable(): string {
  const rows = Object.entries(errorKinds).map(
    ([code, { status, type, retry }]) =>
      `| \`${code}\` | ${status} | \`${type}\` | ${retry ? "yes" : "no"} |`,
  );
  return ["| code | status | type | retry |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** `open-asr-server models show NAME`: prints facts about a model on this machine or on the hub. */
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { sizeText } from "../../models/size-text.ts";
import { shownPath } from "../file-names.ts";
import { settingArgs } from "../flags.ts";
import { Interruption } from "../signals.ts";
import { jsonArg, readModelsCommand } from "./model-args.ts";
import { type ModelFacts, readModelFacts } from "./model-facts.ts";
import { writeJson } from "./report.ts";
import { print } from "../print.ts";

const args: ArgsDef = {
  name: { type: "positional", required: false, description: "A model, here or on the hub" },
  ...jsonArg,
  ...settingArgs("models"),
};

export const show: CommandDef = defineCommand({
  meta: { name: "models show", description: "Show the files, size and licence of a model" },
  args,
  async run({ rawArgs }) {
    const options = { name: "models show", names: "one" } as const;
    const command = readModelsCommand(rawArgs, args, options);
    const interruption = new Interruption();
    const [name = ""] = command.names;
    const facts = readModelFacts(name, command, interruption.signal);
    facts.catch(() => undefined);
    const result = await Promise.race([facts, interruption.exitCode]);
    if (typeof result === "number") return result;
    if (command.flags["json"] !== undefined) return writeJson(result);
    await print(factsText(result));
  },
});

// --- internal ---

/** Maximum number of languages that are listed. If a model has more languages, only their number is shown. */
const languagesShown = 8;

function factsText(facts: ModelFacts): string {
  const { repository, revision, commit, bytes, path, languages, files } = facts;
  const rows: (readonly [string, string])[] = [
    ["backend", facts.backend],
    ["on this machine", facts.is_local ? "yes" : "no"],
    ["repository", repository ?? "none"],
    ...(repository === null ? [] : [["revision", revision ?? "main"] as const]),
    ...(commit === null ? [] : [["commit", commit] as const]),
    [
      "size",
      bytes === null ? "unknown" : `${facts.is_approximate ? "about " : ""}${sizeText(bytes)}`,
    ],
    ["licence of the weights", facts.license ?? "unknown"],
    ...(languages === null ? [] : [["languages", languagesText(languages)] as const]),
    ...(facts.capabilities === null
      ? []
      : [["capabilities", facts.capabilities.join(", ") || "none"] as const]),
    ...(path === null ? [] : [["path", shownPath(path)] as const]),
    ...(facts.note === null ? [] : [["note", facts.note] as const]),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
  const listed = files.map(
    (file) => `    ${file.path}${file.bytes === null ? "" : `  ${sizeText(file.bytes)}`}`,
  );
  return `${[shownPath(facts.name), ...lines, "  files", ...listed].join("\n")}\n`;
}

function languagesText(languages: readonly string[]): string {
  return languages.length > languagesShown ? `${languages.length} languages` : languages.join(", ");
}

/**
 * `open-asr-server models import`: copies model files of this machine into the model cache, under a name that the flag
 * --model accepts.
 */
import { resolve } from "node:path";
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { AsrError } from "../../errors.ts";
import type { Backend } from "../../models/backends/backend.ts";
import { listBackends } from "../../models/backends/index.ts";
import {
  type ImportedModel,
  importModel,
  type ImportTarget,
} from "../../models/import/import-model.ts";
import { modelOfGgmlFile } from "../../models/model-names.ts";
import { parseModelRef } from "../../models/model-ref.ts";
import { UsageError } from "../../settings/config.ts";
import { settingArgs } from "../flags.ts";
import { Interruption } from "../signals.ts";
import { jsonArg, type ModelsCommand, readModelsCommand } from "./model-args.ts";
import { pathOf } from "./model-origin.ts";
import { writeJson } from "./report.ts";
import { print } from "../print.ts";
import { standardError } from "../../platform/standard-error.ts";

const args: ArgsDef = {
  "file|folder|tar": {
    type: "positional",
    required: false,
    description:
      "A ggml file, a model folder of CTranslate2, a models--ORGANIZATION--NAME folder of a model cache, or a tar archive of one",
  },
  name: {
    type: "string",
    valueHint: "NAME",
    description: "Name of the model (default: that of the file or folder)",
  },
  ...jsonArg,
  ...settingArgs("models"),
};

export const importFiles: CommandDef = defineCommand({
  meta: { name: "models import", description: "Copy a model of this machine into the model cache" },
  args,
  async run({ rawArgs }) {
    const options = { name: "models import", names: "one" } as const;
    const command = readModelsCommand(rawArgs, args, options);
    const [source = ""] = command.names;
    const { hubCacheFolder: cacheFolder } = command.config;
    if (cacheFolder === null) throw new UsageError("There is no model cache: set HF_HUB_CACHE");
    const interruption = new Interruption();
    const { signal } = interruption;
    const target = new Target(command);
    try {
      const imported = await importModel(resolve(source), {
        cacheFolder,
        backends: listBackends(command.config),
        signal,
        targetOf: (backend, fileName) => target.of(backend, fileName),
      });
      return await report(imported, target.name, command);
    } catch (error) {
      if (!signal.aborted) throw error;
      standardError.write("open-asr-server: The import was stopped. Nothing was stored\n");
      return interruption.exitCode;
    }
  },
});

// --- internal ---

/** Chooses the name of an imported model, and its location in the cache. */
class Target {
  readonly #command: ModelsCommand;
  /**
   * Name of the imported model. Null when the import copies a cache folder. In this case, the name of the folder
   * determines the location in the cache.
   */
  name: string | null = null;

  constructor(command: ModelsCommand) {
    this.#command = command;
  }

  async of(backend: Backend, fileName: string): Promise<ImportTarget> {
    const { flags, catalog } = this.#command;
    const written = flags["name"] ?? modelOfGgmlFile(fileName) ?? fileName;
    const ref = parseModelRef(written);
    const name = `${backend.id}:${ref.backend === null ? written : ref.name}`;
    const { model, source } = await catalog.locate(name).catch((error: unknown) => {
      if (error instanceof AsrError) throw unknownName(written, backend);
      throw error;
    });
    if (model !== null) {
      const place = pathOf(model) ?? "it is part of the executable";
      throw importError(
        `"${written}" is on this machine already: ${place}. Give the model another --name`,
      );
    }
    const remote = source?.remote;
    const storage = remote?.folder === null ? "file" : "folder";
    if (remote === undefined || storage !== backend.storage) throw unknownName(written, backend);
    this.name = name;
    return { repository: remote.repository, files: remote.files };
  }
}

async function report(
  { repository, commit, folder, files }: ImportedModel,
  name: string | null,
  { catalog, flags }: ModelsCommand,
): Promise<void> {
  const shown = name ?? repository;
  const model = name === null ? null : (await catalog.locate(name)).model;
  const path = model === null ? folder : (pathOf(model) ?? folder);
  if (flags["json"] !== undefined) {
    return writeJson({ name: shown, path, repository, commit, files });
  }
  const use = name === null ? "models list" : `transcribe talk.mp3 --model ${shown}`;
  await print(`${shown}: ${path}\n  try: open-asr-server ${use}\n`);
}

function unknownName(written: string, { id, storage }: Backend): AsrError {
  const expected =
    storage === "file"
      ? "the name of a published model, such as --name small or --name large-v3-q5_0"
      : "the name of a published model, such as --name small, or --name ORGANIZATION/NAME";
  return importError(
    `"${written}" is not the name of a model of ${id}: give ${expected}. ` +
      "A model can also be used without an import: --model PATH",
  );
}

function importError(reason: string): AsrError {
  return new AsrError("invalid_request", `Cannot import the model: ${reason}`);
}

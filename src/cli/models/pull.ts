/** `open-asr-server models pull NAME...`: downloads models. Continues interrupted downloads. */
import { join } from "node:path";
import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { cachePlace } from "../../models/hub/cache-place.ts";
import type { LocatedModel } from "../../models/catalog.ts";
import { downloadModel } from "../../models/hub/download.ts";
import type { Hub } from "../../models/hub/hub.ts";
import type { ModelSource } from "../../models/model-finder.ts";
import { sizeText } from "../../models/size-text.ts";
import { UsageError } from "../../settings/config.ts";
import { hubOf } from "../../settings/hub.ts";
import { DownloadProgress, downloadStopped } from "../download-progress.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { settingArgs } from "../flags.ts";
import { Interruption } from "../signals.ts";
import { jsonArg, readModelsCommand } from "./model-args.ts";
import { pathOf } from "./model-origin.ts";
import { reportFailure, writeJson } from "./report.ts";
import { print } from "../print.ts";
import { standardError } from "../../platform/standard-error.ts";

const args: ArgsDef = {
  "name...": {
    type: "positional",
    required: false,
    description: "Models to download, or to update to their newest version",
  },
  ...jsonArg,
  ...settingArgs("models"),
};

export const pull: CommandDef = defineCommand({
  meta: { name: "models pull", description: "Download models from the hub" },
  args,
  async run({ rawArgs }) {
    const options = { name: "models pull", names: "some" } as const;
    const { names, flags, config, catalog } = readModelsCommand(rawArgs, args, options);
    const hub = hubOf(config);
    if (hub === null) throw new UsageError("There is no folder for downloads: set HF_HUB_CACHE");
    const interruption = new Interruption();
    const { signal } = interruption;
    const asJson = flags["json"] !== undefined;
    const entries: object[] = [];
    let code: ExitCode = exitCodes.done;
    for (const name of names) {
      try {
        const pulled = await pullOne(name, await catalog.locate(name), { hub, signal });
        entries.push(pulled);
        if (!asJson) await print(pulledText(pulled));
      } catch (error) {
        if (signal.aborted) {
          standardError.write(downloadStopped);
          return interruption.exitCode;
        }
        const { code: reason, operatorMessage } = reportFailure(error);
        entries.push({ name, error: { code: reason, message: operatorMessage } });
        code = exitCodes.failed;
      }
    }
    if (asJson) await writeJson(entries);
    return code;
  },
});

// --- internal ---

interface Pulled {
  readonly name: string;
  /** Path of the model on this machine. Null for a model that is part of the executable. */
  readonly path: string | null;
  /**
   * Facts about the download. Null for a model that is already on this machine, with one exception: if the program is
   * online, a model in the cache of the hub is updated.
   */
  readonly download: {
    readonly repository: string;
    readonly commit: string;
    readonly license: string | null;
    readonly bytes: number;
    readonly files: readonly string[];
  } | null;
}

interface PullOptions {
  readonly hub: Hub;
  readonly signal: AbortSignal;
}

async function pullOne(
  name: string,
  { model, source }: LocatedModel,
  { hub, signal }: PullOptions,
): Promise<Pulled> {
  const path = model === null ? null : pathOf(model);
  const isCached = path !== null && cachePlace(hub.cacheFolder, path) !== null;
  const isUpdate = model === null || (isCached && !hub.isOffline);
  if (source === null || !isUpdate) return { name, path, download: null };
  return pullSource(name, source, { hub, signal });
}

async function pullSource(
  name: string,
  { remote, revision }: ModelSource,
  { hub, signal }: PullOptions,
): Promise<Pulled> {
  using progress = new DownloadProgress(name);
  const { repository, files: wanted } = remote;
  const { folder, commit, files, bytes, license } = await downloadModel(
    hub,
    { repository, revision, files: wanted },
    { signal, onProgress: progress.update },
  );
  const names = files.map((file) => file.path);
  const path = remote.folder === null ? join(folder, names[0] ?? "") : folder;
  return { name, path, download: { repository, commit, license, bytes, files: names } };
}

function pulledText({ name, path, download }: Pulled): string {
  if (download === null) {
    return `${name} is on this machine: ${path ?? "it is part of the executable"}\n`;
  }
  const { repository, commit, license, bytes } = download;
  return (
    `${name}: ${path}\n` +
    `  ${sizeText(bytes)} from ${repository}, commit ${commit.slice(0, 8)}\n` +
    `  licence of the weights: ${license ?? "not given by the repository"}\n`
  );
}

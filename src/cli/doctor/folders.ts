/** Checks the folders that the program writes to, and the folder of models: place, permissions, free space. */
import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { AsrError } from "../../errors.ts";
import { listBackends } from "../../models/backends/index.ts";
import { sizeText } from "../../models/size-text.ts";
import { cpuFeatures } from "../../platform/cpu-features.ts";
import { embeddedLibrary } from "../../platform/embedded.ts";
import { errorCode } from "../../platform/error-code.ts";
import { requireTrustedPath } from "../../platform/folder-trust.ts";
import { requireLibraries } from "../../platform/library-install.ts";
import type { Config } from "../../settings/config.ts";
import { note, ok, problem, type Probed } from "./probe.ts";
import type { Facts, Finding } from "./report.ts";

type FolderFacts = NonNullable<Facts["folders"]>[number];

/** Checks the folder of the unpacked libraries, the folder of uploads, the hub's cache and the folder of models. */
export async function probeFolders(config: Config): Promise<Probed<Facts["folders"]>> {
  const { cacheFolders, spoolDir, hubCacheFolder, modelDir } = config;
  const libraries = await Promise.all(
    cacheFolders.map((path) => factsOf({ purpose: "libraries", path })),
  );
  const uploads = await factsOf({ purpose: "uploads", path: spoolDir });
  const models =
    hubCacheFolder === null ? null : await factsOf({ purpose: "models", path: hubCacheFolder });
  const own = modelDir === null ? null : await factsOf({ purpose: "model_dir", path: modelDir });
  const facts = [...libraries, uploads, models, own].filter((one) => one !== null);
  const findings = [
    librariesFinding(libraries, config),
    uploadsFinding(uploads),
    modelsFinding(models),
    ...(own === null ? [] : [modelDirFinding(own)]),
  ];
  return { facts, findings };
}

// --- internal ---

/** Free space in bytes under which a folder gets a note: enough for one upload or a small model. */
const freeBytesMin = 1e9;

async function factsOf({
  purpose,
  path,
}: Pick<FolderFacts, "purpose" | "path">): Promise<FolderFacts> {
  const existing = await nearestFolder(path);
  const { W_OK, X_OK } = constants;
  const writable = await access(existing, W_OK | X_OK).then(
    () => true,
    () => false,
  );
  const space = await statfs(existing).catch(() => null);
  return {
    purpose,
    path,
    exists: existing === path,
    writable,
    trusted: isTrusted(existing),
    free_bytes: space === null ? null : space.bavail * space.bsize,
  };
}

/** Returns the folder, or its nearest parent folder that exists, because a missing folder is created in it. */
async function nearestFolder(path: string): Promise<string> {
  let folder = path;
  for (;;) {
    const found = await stat(folder).then(
      () => true,
      (error: unknown) => errorCode(error) !== "ENOENT",
    );
    if (found || dirname(folder) === folder) return folder;
    folder = dirname(folder);
  }
}

function isTrusted(path: string): boolean {
  try {
    requireTrustedPath(path);
    return true;
  } catch {
    return false;
  }
}

function spaceText({ path, free_bytes: free }: FolderFacts): string {
  return free === null ? path : `${path}, ${sizeText(free)} free`;
}

/** Checks the libraries of all engines as a start of the server does. */
function librariesFinding(folders: readonly FolderFacts[], config: Config): Finding {
  const [first] = folders;
  const features = cpuFeatures();
  const names = ["audio", ...listBackends(config).map(({ library }) => library)];
  try {
    requireLibraries(
      names.filter((name) => embeddedLibrary(name, features) !== null),
      { cacheFolders: config.cacheFolders, cpuFeatures: features },
    );
  } catch (error) {
    const reason = error instanceof AsrError ? error.operatorMessage : String(error);
    const advice =
      "set OPEN_ASR_SERVER_CACHE_DIR to a private folder in which libraries can be written and executed";
    return problem("libraries", reason.replace(/\. Set OPEN_ASR_SERVER_CACHE_DIR.*$/u, ""), advice);
  }
  const usable = folders.find(({ writable, trusted }) => writable && trusted) ?? first;
  const shown = usable === undefined ? "inside the build folder" : spaceText(usable);
  if (usable === first || usable === undefined) return ok("libraries", shown);
  return note("libraries", `${shown}; ${first?.path} cannot be used`);
}

function uploadsFinding(folder: FolderFacts): Finding {
  if (!folder.writable) {
    return problem(
      "uploads",
      `${folder.path} is not writable`,
      "set OPEN_ASR_SERVER_SPOOL_DIR to a writable folder",
    );
  }
  if (folder.free_bytes !== null && folder.free_bytes < freeBytesMin) {
    return note("uploads", spaceText(folder), "free disk space, or set OPEN_ASR_SERVER_SPOOL_DIR");
  }
  return ok("uploads", spaceText(folder));
}

function modelsFinding(folder: FolderFacts | null): Finding {
  const remedy = "set HF_HUB_CACHE to a writable folder";
  if (folder === null) {
    return note("models", "this user has no home folder, so no model can be downloaded", remedy);
  }
  if (!folder.writable) {
    return note("models", `${folder.path} is not writable, so no model can be downloaded`, remedy);
  }
  if (folder.free_bytes !== null && folder.free_bytes < freeBytesMin) {
    return note("models", spaceText(folder), "free disk space, or set HF_HUB_CACHE");
  }
  return ok("models", spaceText(folder));
}

function modelDirFinding(folder: FolderFacts): Finding {
  if (folder.exists) return ok("model_dir", spaceText(folder));
  return problem(
    "model_dir",
    `${folder.path} does not exist`,
    "set OPEN_ASR_SERVER_MODEL_DIR to an existing folder",
  );
}

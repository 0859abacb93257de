/** Checks the folders that the program uses for libraries, uploads and models: path, permissions, free space. */
import { access, constants, mkdtemp, rmdir, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
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

type FolderFacts = Facts["folders"][number];

/**
 * Checks the folders into which the program unpacks libraries. For each folder, also checks whether other users could
 * change it. The server makes the same check at startup.
 */
export async function probeLibraries(config: Config): Promise<Probed<Facts["folders"]>> {
  const facts = await Promise.all(
    config.cacheFolders.map(async (path) => ({
      ...(await factsOf("libraries", path)),
      trusted: isTrusted((await nearestFolder(path)).folder),
    })),
  );
  return { facts, findings: [librariesFinding(facts, config)] };
}

/** Checks the folder to which the server writes uploads. */
export async function probeUploads({ spoolDir }: Config): Promise<Probed<Facts["folders"]>> {
  const facts = await factsOf("uploads", spoolDir);
  return { facts: [facts], findings: [uploadsFinding(facts)] };
}

/** Checks the folder of downloaded models. */
export async function probeDownloads({
  hubCacheFolder,
}: Config): Promise<Probed<Facts["folders"]>> {
  const facts = hubCacheFolder === null ? null : await factsOf("models", hubCacheFolder);
  return { facts: facts === null ? [] : [facts], findings: [modelsFinding(facts)] };
}

/** Checks the folder of the operator's models, if there is one. */
export async function probeModelDir({ modelDir }: Config): Promise<Probed<Facts["folders"]>> {
  if (modelDir === null) return { facts: [], findings: [] };
  const facts = await factsOf("model_dir", modelDir);
  return { facts: [facts], findings: [modelDirFinding(facts)] };
}

// --- internal ---

/**
 * If a folder has fewer free bytes than this, the report contains a note about the folder. This space is enough for one
 * upload or one small model.
 */
const freeBytesMin = 1e9;

async function factsOf(purpose: FolderFacts["purpose"], path: string): Promise<FolderFacts> {
  const { folder, isPath } = await nearestFolder(path);
  const writable = purpose === "uploads" ? await isWritten(folder) : await mayWrite(folder);
  const space = await statfs(folder).catch(() => null);
  const free = space === null ? null : space.bavail * space.bsize;
  return { purpose, path, exists: isPath, writable, trusted: null, free_bytes: free };
}

/**
 * Returns whether the server can create a folder in the folder of uploads. Creates a folder as the server does, and
 * removes it again.
 */
async function isWritten(folder: string): Promise<boolean> {
  try {
    await rmdir(await mkdtemp(join(folder, "open-asr-server-trial-")));
    return true;
  } catch {
    return false;
  }
}

/** Returns whether the permissions and the file system allow this user to write to the folder. Writes nothing. */
async function mayWrite(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the folder if it exists. Otherwise, returns the nearest parent folder that exists, because the program would
 * create the missing folder in it.
 */
async function nearestFolder(path: string): Promise<{ folder: string; isPath: boolean }> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).then(
      () => true,
      (error: unknown) => errorCode(error) !== "ENOENT",
    );
    if (found || dirname(folder) === folder) return { folder, isPath: folder === path };
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
  const usable = folders.find(({ writable, trusted }) => writable && trusted !== false) ?? first;
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

/**
 * Collects the facts that `models show` prints. They come from the files on this machine or, for a model that is not on
 * this machine, from the hub.
 */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { AsrError } from "../../errors.ts";
import type { ResolvedModel } from "../../jobs/job.ts";
import type { LocatedModel } from "../../models/catalog.ts";
import { readFacts } from "../../models/file-facts.ts";
import { cachePlace } from "../../models/hub/cache-place.ts";
import { listModel, type WantedModel } from "../../models/hub/download.ts";
import { type Hub, repositoryFolder } from "../../models/hub/hub.ts";
import { readRecord } from "../../models/hub/record.ts";
import type { ModelSource } from "../../models/model-finder.ts";
import { hubOf } from "../../settings/hub.ts";
import type { ModelsCommand } from "./model-args.ts";
import { pathOf } from "./model-origin.ts";

export interface ModelFacts {
  readonly name: string;
  readonly backend: string;
  readonly is_local: boolean;
  readonly repository: string | null;
  readonly revision: string | null;
  readonly commit: string | null;
  /** Total size of all files in bytes. Null when the size is unknown. */
  readonly bytes: number | null;
  readonly is_approximate: boolean;
  readonly license: string | null;
  /**
   * Codes of the languages that the model transcribes. Null when the files are not on this machine, or when the program
   * must load the model to learn its capabilities.
   */
  readonly languages: readonly string[] | null;
  readonly capabilities: readonly string[] | null;
  readonly path: string | null;
  readonly files: readonly { readonly path: string; readonly bytes: number | null }[];
  /** Reason why a fact is missing. Null when no fact is missing. */
  readonly note: string | null;
}

/**
 * Returns the facts about a model. Throws AsrError when the name is unknown, when the hub does not have the model, or
 * when `signal` is aborted.
 */
export async function readModelFacts(
  name: string,
  { catalog, config }: Pick<ModelsCommand, "catalog" | "config">,
  signal: AbortSignal,
): Promise<ModelFacts> {
  const located = await catalog.locate(name);
  const hub = hubOf(config);
  if (located.model !== null) {
    const { model } = located;
    return localFacts(name, { ...located, model }, hub && new License(hub, signal));
  }
  if (located.source === null) throw new Error("expected the repository of a missing model");
  return remoteFacts(name, located.source, { hub, signal });
}

// --- internal ---

/**
 * Licence of the model inside the executable. This model is always a Whisper model, and OpenAI published the weights of
 * Whisper under this licence.
 */
const embeddedLicense = "mit";

const noFacts = {
  repository: null,
  revision: null,
  commit: null,
  is_approximate: false,
  license: null,
  languages: null,
  capabilities: null,
  path: null,
  files: [],
  note: null,
} as const;

async function localFacts(
  name: string,
  { model, source }: LocatedModel & { readonly model: ResolvedModel },
  license: License | null,
): Promise<ModelFacts> {
  const { backend, bytes, capabilities } = model;
  const path = pathOf(model);
  const facts = {
    ...noFacts,
    name,
    backend,
    is_local: true,
    bytes,
    path,
    languages: capabilities?.languages ?? null,
    capabilities: capabilities && namesOfTrue(capabilities),
  };
  if (path === null) {
    return {
      ...facts,
      license: embeddedLicense,
      note: "part of the executable; open-asr-server --licenses prints its licence",
    };
  }
  const files = await filesAt(path);
  const size = files.reduce((sum, file) => sum + (file.bytes ?? 0), 0) || bytes;
  const place = license === null ? null : cachePlace(license.cacheFolder, path);
  if (place === null || license === null) return { ...facts, bytes: size, files };
  const { repository, commit } = place;
  return {
    ...facts,
    bytes: size,
    files,
    repository,
    commit,
    revision: source?.remote.repository === repository ? source.revision : null,
    license: await license.read(place),
  };
}

async function remoteFacts(
  name: string,
  { backend, remote, revision }: ModelSource,
  { hub, signal }: { hub: Hub | null; signal: AbortSignal },
): Promise<ModelFacts> {
  const { repository, files: wanted, bytes } = remote;
  const facts = { ...noFacts, name, backend, is_local: false, repository, revision };
  if (hub === null || hub.isOffline) {
    const files = wanted.map((path) => ({ path, bytes: null }));
    const note = "HF_HUB_OFFLINE is set: the hub was not asked for the size and the licence";
    return { ...facts, bytes, is_approximate: true, files, note };
  }
  const model: WantedModel = { repository, revision, files: wanted };
  const { commit, license, files } = await listModel(hub, model, signal);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const listed = files.map((file) => ({ path: file.path, bytes: file.bytes }));
  return { ...facts, commit, license, bytes: total, files: listed };
}

/**
 * Finds the licence of a repository in the cache: in the record of its download, or, if there is no record, on the hub.
 */
class License {
  readonly #hub: Hub;
  readonly #signal: AbortSignal;

  constructor(hub: Hub, signal: AbortSignal) {
    this.#hub = hub;
    this.#signal = signal;
  }

  get cacheFolder(): string {
    return this.#hub.cacheFolder;
  }

  async read({ repository, commit }: { repository: string; commit: string }) {
    const { snapshots } = await readRecord(repositoryFolder(this.cacheFolder, repository));
    const noted = snapshots[commit];
    if (noted !== undefined || this.#hub.isOffline) return noted?.license ?? null;
    try {
      const wanted = { repository, revision: commit, files: [] };
      return (await listModel(this.#hub, wanted, this.#signal)).license;
    } catch (error) {
      // If the hub does not respond, the licence is unknown. The other facts do not depend on the hub.
      if (error instanceof AsrError && !this.#signal.aborted) return null;
      throw error;
    }
  }
}

function namesOfTrue(capabilities: object): string[] {
  return Object.entries(capabilities).flatMap(([name, can]) =>
    can === true ? [name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`)] : [],
  );
}

/** Returns the files of a model: the file at the path, or the files in the folder at the path. */
async function filesAt(path: string): Promise<ModelFacts["files"]> {
  const facts = await readFacts(path);
  if (facts?.kind !== "folder") return [{ path: basename(path), bytes: facts?.bytes ?? null }];
  const names = (await readdir(path)).toSorted();
  const files = await Promise.all(
    names.map(async (name) => ({ path: name, facts: await readFacts(join(path, name)) })),
  );
  return files.flatMap((file) =>
    file.facts?.kind === "file" ? [{ path: file.path, bytes: file.facts.bytes }] : [],
  );
}

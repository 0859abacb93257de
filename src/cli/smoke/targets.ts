/** Chooses the models that `smoke` tests. */
import type { BackendEntry, Transcriber } from "../../jobs/job.ts";
import { listBackends } from "../../models/backends/index.ts";
import { missingEngine } from "../../models/backends/missing-engines.ts";
import { Catalog } from "../../models/catalog.ts";
import { nearestNames } from "../../models/nearest-names.ts";
import { catalogOptions } from "../../settings/catalog.ts";
import { type Config, UsageError } from "../../settings/config.ts";

/** A model to test, or a backend that cannot be tested and the reason. */
export type Target =
  | { readonly backend: string; readonly model: string; readonly reason: null }
  | { readonly backend: string; readonly model: null; readonly reason: string };

/**
 * Returns the models to test. If `named` is null, returns one model of each backend. Otherwise returns all models of
 * the backend `named`. Throws UsageError for an unknown backend. Throws AsrError when the default model in the settings
 * is not on this machine.
 */
export async function smokeTargets(
  named: string | null,
  { config, transcriber }: { readonly config: Config; readonly transcriber: Transcriber },
): Promise<readonly Target[]> {
  const entries = await transcriber.backends();
  const wanted = named === null ? entries : [entryOf(named, entries)];
  if (config.defaultModel !== null) await transcriber.resolve(null, "operator");
  const models = await modelsByBackend(config);
  return wanted.flatMap(({ id: backend, unavailable }): readonly Target[] => {
    if (unavailable !== null) return [{ backend, model: null, reason: unavailable }];
    const [first, ...others] = models.get(backend) ?? [];
    if (first === undefined) return [{ backend, model: null, reason: noModel(backend) }];
    const tested = named === null ? [first] : [first, ...others];
    return tested.map((model) => ({ backend, model, reason: null }));
  });
}

// --- internal ---

function entryOf(named: string, entries: readonly BackendEntry[]): BackendEntry {
  const id = missingEngine(named)?.id ?? named;
  const entry = entries.find((one) => one.id === id);
  if (entry !== undefined) return entry;
  const ids = entries.map((one) => one.id);
  const [nearest] = nearestNames(named, ids);
  const advice = nearest === undefined ? `expected ${ids.join(", ")}` : `did you mean ${nearest}?`;
  throw new UsageError(`Unknown backend "${named}": ${advice}`);
}

/**
 * Returns the names of the models on this machine. Each key of the map is the id of a backend. For each backend, the
 * default model in the settings comes first, then the models inside the executable, then all other models.
 */
async function modelsByBackend(config: Config): Promise<ReadonlyMap<string, readonly string[]>> {
  const catalog = new Catalog(catalogOptions(config, { downloads: null, onLoopback: false }));
  const stored = (await catalog.local()).filter(({ model }) => "path" in model.source);
  return new Map(
    listBackends(config).map(({ id, embedded }) => {
      const ofBackend = stored.filter(({ model }) => model.backend === id);
      const isFirst = ofBackend.filter(({ isDefault }) => isDefault);
      const others = ofBackend.filter(({ isDefault }) => !isDefault);
      const inside = Object.keys(embedded).map((name) => `${id}:${name}`);
      return [
        id,
        [...isFirst.map(({ name }) => name), ...inside, ...others.map(({ name }) => name)],
      ];
    }),
  );
}

function noModel(backend: string): string {
  return `no model of this backend is on this machine; download one: open-asr-server models pull ${backend}:NAME`;
}

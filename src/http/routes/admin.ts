/** Defines the admin routes, which load, unload, list, download and delete models. */
import type { Context } from "elysia";
import { AsrError } from "../../errors.ts";
import type { LoadedEntry, Transcriber } from "../../jobs/job.ts";
import {
  type LoadedModelStatus,
  loadRequest,
  type ModelStatus,
  pullRequest,
  type PullResult,
  unloadAllRequest,
  unloadRequest,
  type UnloadResult,
} from "../admin-schema.ts";
import { readJsonBody } from "../body/json-body.ts";
import { type AdminAccess, adminGuards } from "../guards/admin.ts";
import { allOf, type Plugin } from "../plugin.ts";
import { pullEvents, pullResult } from "../pull-events.ts";
import { decodeId } from "./model-id.ts";
import { deleteRoute, postRoute, readRoute } from "./methods.ts";

type Models = Pick<Transcriber, "load" | "loaded" | "unload" | "pull" | "remove">;

/**
 * Creates the admin routes. Add them before the guard that requires an API key, because the admin key may differ from
 * the API keys.
 */
export function admin(transcriber: Models, access: AdminAccess): Plugin {
  const { operators, owners } = adminGuards(access);
  return allOf([...memoryRoutes(transcriber, operators), ...fileRoutes(transcriber, owners)]);
}

// --- internal ---

const prefix = "/v1/admin/models";

type Guard = ReturnType<typeof adminGuards>["operators"];

function memoryRoutes(transcriber: Models, guard: Guard): Plugin[] {
  const status = (): ModelStatus => ({ data: transcriber.loaded().map(statusOf) });
  const load = async ({ request }: Context): Promise<LoadedModelStatus> => {
    const { model } = await readJsonBody(request, loadRequest);
    return statusOf(await transcriber.load(model, { signal: request.signal }));
  };
  const unload = async ({ request }: Context): Promise<UnloadResult> => {
    const { model, force = false } = await readJsonBody(request, unloadRequest);
    const { id } = await transcriber.unload(model, { force });
    return { unloaded: [id], skipped: [], loaded: idsOf(transcriber) };
  };
  const unloadMany = async ({ request }: Context): Promise<UnloadResult> => {
    const { include_pinned: force = false } = await readJsonBody(request, unloadAllRequest);
    return unloadAll(transcriber, force);
  };
  return [
    readRoute(`${prefix}/status`, status, { guard }),
    postRoute(`${prefix}/load`, load, { guard }),
    postRoute(`${prefix}/unload`, unload, { guard }),
    postRoute(`${prefix}/unload-all`, unloadMany, { guard }),
  ];
}

function fileRoutes(transcriber: Models, guard: Guard): Plugin[] {
  const pull = async ({ request }: Context): Promise<PullResult | Response> => {
    const { model, stream = false } = await readJsonBody(request, pullRequest);
    if (stream) return pullEvents(request, (wait) => transcriber.pull(model, wait));
    return pullResult(await transcriber.pull(model, { signal: request.signal }));
  };
  const remove = async ({ params }: Context) => {
    const id = await transcriber.remove(decodeId(params["*"] ?? ""));
    return { id, object: "model", deleted: true };
  };
  return [
    postRoute(`${prefix}/pull`, pull, { guard }),
    // The path has a wildcard, because model ids contain slashes.
    deleteRoute("/v1/models/*", remove, { guard }),
  ];
}

async function unloadAll(transcriber: Models, force: boolean): Promise<UnloadResult> {
  const ids = idsOf(transcriber);
  const results = await Promise.allSettled(ids.map((id) => transcriber.unload(id, { force })));
  const failure = results.find((one) => one.status === "rejected" && !isInUse(one.reason));
  if (failure?.status === "rejected") throw failure.reason;
  const isUnloaded = (_: string, index: number) => results[index]?.status === "fulfilled";
  return {
    unloaded: ids.filter(isUnloaded),
    skipped: ids.filter((id, index) => !isUnloaded(id, index)),
    loaded: idsOf(transcriber),
  };
}

/**
 * Returns whether the error is an expected reason why a model was not unloaded: the model is in use, or another request
 * has already unloaded it.
 */
function isInUse(error: unknown): boolean {
  return (
    error instanceof AsrError &&
    (error.code === "model_in_use" || error.code === "model_not_loaded")
  );
}

function idsOf(transcriber: Models): string[] {
  return transcriber.loaded().map(({ id }) => id);
}

function statusOf(entry: LoadedEntry): LoadedModelStatus {
  const { id, backend, model, pinned, uses, idleS, memoryBytes } = entry;
  return {
    id,
    backend,
    model,
    pinned,
    active_requests: uses,
    idle_seconds: Math.round(idleS * 10) / 10,
    memory_bytes: memoryBytes,
  };
}

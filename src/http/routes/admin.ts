/** Defines the admin routes, which load, unload, list, download and delete models. */
import { Elysia } from "elysia";
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
import { pullEvents, pullResult } from "../pull-events.ts";
import { decodeId } from "./model-id.ts";
import { onlyMethods, readRoute } from "./methods.ts";

type Models = Pick<Transcriber, "load" | "loaded" | "unload" | "pull" | "remove">;

/**
 * Creates the admin routes. Add them before the guard that requires an API key, because the admin key may differ from
 * the API keys.
 */
export function admin(transcriber: Models, access: AdminAccess) {
  const { operators, owners } = adminGuards(access);
  return new Elysia({ name: "admin" })
    .use(memoryRoutes(transcriber, operators))
    .use(fileRoutes(transcriber, owners));
}

// --- internal ---

const prefix = "/v1/admin/models";

type Guard = ReturnType<typeof adminGuards>["operators"];

function memoryRoutes(transcriber: Models, guard: Guard) {
  return new Elysia({ name: "admin-memory", prefix })
    .use(guard)
    .use(readRoute("/status", (): ModelStatus => ({ data: transcriber.loaded().map(statusOf) })))
    .post("/load", async ({ request }): Promise<LoadedModelStatus> => {
      const { model } = await readJsonBody(request, loadRequest);
      return statusOf(await transcriber.load(model, { signal: request.signal }));
    })
    .all("/load", onlyMethods("POST"))
    .post("/unload", async ({ request }): Promise<UnloadResult> => {
      const { model, force = false } = await readJsonBody(request, unloadRequest);
      const { id } = await transcriber.unload(model, { force });
      return { unloaded: [id], skipped: [], loaded: idsOf(transcriber) };
    })
    .all("/unload", onlyMethods("POST"))
    .post("/unload-all", async ({ request }): Promise<UnloadResult> => {
      const { include_pinned: force = false } = await readJsonBody(request, unloadAllRequest);
      return unloadAll(transcriber, force);
    })
    .all("/unload-all", onlyMethods("POST"));
}

function fileRoutes(transcriber: Models, guard: Guard) {
  return (
    new Elysia({ name: "admin-files" })
      .use(guard)
      .post(`${prefix}/pull`, async ({ request }): Promise<PullResult | Response> => {
        const { model, stream = false } = await readJsonBody(request, pullRequest);
        if (stream) return pullEvents(request, (wait) => transcriber.pull(model, wait));
        return pullResult(await transcriber.pull(model, { signal: request.signal }));
      })
      .all(`${prefix}/pull`, onlyMethods("POST"))
      // The path has a wildcard, because model ids contain slashes.
      .delete("/v1/models/*", async ({ params }) => {
        const id = await transcriber.remove(decodeId(params["*"]));
        return { id, object: "model", deleted: true };
      })
  );
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

/** GET /v1/models and GET /v1/models/{id}. */
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import type { ModelEntry, Transcriber } from "../../jobs/job.ts";
import { onlyMethod } from "../guards/errors.ts";
import type { Model, ModelList } from "../schema.ts";

export function models(transcriber: Transcriber) {
  return (
    new Elysia({ name: "models" })
      .get("/v1/models", async (): Promise<ModelList> => {
        const entries = await transcriber.models();
        return { object: "list", data: entries.map(wireModel) };
      })
      .all("/v1/models", onlyMethod("GET"))
      // A wildcard, because ids contain slashes.
      .get("/v1/models/*", async ({ params }): Promise<Model> => {
        const id = decodeId(params["*"]);
        const entry = (await transcriber.models()).find((one) => one.id === id);
        if (entry === undefined) {
          const message = `Unknown model ${JSON.stringify(id)}; GET /v1/models lists the available models`;
          throw new AsrError("model_not_found", message, { param: "model" });
        }
        return wireModel(entry);
      })
      .all("/v1/models/*", onlyMethod("GET"))
  );
}

// --- internal ---

function wireModel({ id, created }: ModelEntry): Model {
  return { id, object: "model", created, owned_by: "local" };
}

function decodeId(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

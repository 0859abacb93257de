/** GET /v1/models and GET /v1/models/{id}. */
import { Elysia } from "elysia";
import type { ModelEntry, Transcriber } from "../../jobs/job.ts";
import type { Model, ModelList } from "../schema.ts";
import { readRoute } from "./methods.ts";

export function models(transcriber: Transcriber) {
  return (
    new Elysia({ name: "models" })
      .use(
        readRoute("/v1/models", async (): Promise<ModelList> => {
          const entries = await transcriber.models();
          return { object: "list", data: entries.map(wireModel) };
        }),
      )
      // The path has a wildcard, because model ids contain slashes.
      .use(
        readRoute("/v1/models/*", async ({ params }): Promise<Model> => {
          return wireModel(await transcriber.model(decodeId(params["*"] ?? "")));
        }),
      )
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

/** Returns facts about models: GET /v1/models, GET /v1/models/metadata and GET /v1/models/{id}. */
import type { ModelEntry, Transcriber } from "../../jobs/job.ts";
import { type ModelMetadataList, wireMetadata } from "../metadata-schema.ts";
import type { Model, ModelList } from "../schema.ts";
import type { Plugin } from "../plugin.ts";
import { readRoute } from "./methods.ts";
import { decodeId } from "./model-id.ts";

export function models(transcriber: Transcriber): Plugin {
  return (app) =>
    app
      .use(
        readRoute("/v1/models", async (): Promise<ModelList> => {
          const entries = await transcriber.models();
          return { object: "list", data: entries.map(wireModel) };
        }),
      )
      .use(
        readRoute("/v1/models/metadata", async (): Promise<ModelMetadataList> => {
          const entries = await transcriber.metadata();
          return { object: "list", data: entries.map(wireMetadata) };
        }),
      )
      // The path has a wildcard, because model ids contain slashes. `admin.ts` adds the method DELETE to this path.
      .use(
        readRoute(
          "/v1/models/*",
          async ({ params }): Promise<Model> => {
            return wireModel(await transcriber.model(decodeId(params["*"] ?? "")));
          },
          { others: ["DELETE"] },
        ),
      );
}

// --- internal ---

function wireModel({ id, selects, created }: ModelEntry): Model {
  const root = selects === null ? {} : { root: selects };
  return { id, object: "model", created, owned_by: "local", ...root };
}

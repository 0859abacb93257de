/** Describes the routes for models, including the admin routes. */
import { jsonBody, operation, operationWith } from "./operation.ts";
import { eventStream, json, reference } from "./parts.ts";

const modelParameter = {
  name: "model",
  in: "path",
  required: true,
  schema: { type: "string", minLength: 1 },
  description: "Id of the model. Slashes in the id do not need encoding.",
};

export const modelPaths = {
  "/v1/admin/models/load": {
    post: {
      ...operation("loadModel", "Loads a model", "LoadedModel"),
      requestBody: jsonBody("LoadRequest"),
    },
  },
  "/v1/admin/models/pull": {
    post: {
      ...operationWith("pullModel", "Downloads a model", {
        description: "The model on this machine, or with `stream` the events of its download",
        content: {
          ...json(reference("PullResult")),
          ...eventStream(reference("PullEvent"), "With `stream`: one event in each line `data:`"),
        },
      }),
      requestBody: jsonBody("PullRequest"),
    },
  },
  "/v1/admin/models/status": {
    get: operation("modelStatus", "Lists the loaded models", "ModelStatus"),
  },
  "/v1/admin/models/unload": {
    post: {
      ...operation("unloadModel", "Unloads a model, which returns its memory", "UnloadResult"),
      requestBody: jsonBody("UnloadRequest"),
    },
  },
  "/v1/admin/models/unload-all": {
    post: {
      ...operation("unloadAllModels", "Unloads all idle models", "UnloadResult"),
      requestBody: jsonBody("UnloadAllRequest"),
    },
  },
  "/v1/models": {
    get: operation("listModels", "Lists the models that requests may use", "ModelList"),
  },
  "/v1/models/metadata": {
    get: operation("listModelMetadata", "Facts about models and patterns", "ModelMetadataList"),
  },
  "/v1/models/{model}": {
    get: {
      ...operation("retrieveModel", "Describes one model", "Model"),
      parameters: [modelParameter],
    },
    delete: {
      ...operation(
        "deleteModel",
        "Deletes the files of a model that this server downloaded",
        "DeletedModel",
      ),
      parameters: [modelParameter],
    },
  },
};

/** Reads the models of the server, and downloads models. */
import { errorEvent } from "./api-error.ts";
import type { Client } from "./client.ts";
import { EventLines } from "./event-lines.ts";

export interface Model {
  readonly id: string;
  readonly family?: string;
  readonly size_on_disk_mb?: number;
  readonly precision?: string;
  readonly capabilities?: {
    readonly supports_prompt: boolean;
    readonly supports_word_timestamps: boolean;
    readonly supports_languages: readonly string[];
  };
  readonly notes?: string;
  readonly compatibility_notes?: string;
}

export interface LoadedModel {
  readonly model: string;
  readonly active_requests: number;
  readonly memory_bytes: number;
}

export interface ModelOverview {
  readonly models: readonly Model[];
  /** Patterns of the names of other models that requests may use. */
  readonly patterns: readonly string[];
  /** Id of the default model. Null if it is unknown. */
  readonly standard: string | null;
  /** The models in memory. Null if this page may not see them. */
  readonly loaded: readonly LoadedModel[] | null;
}

export interface PullProgress {
  readonly bytes: number;
  /** 0 while it is unknown. */
  readonly totalBytes: number;
}

export async function readModels(client: Client): Promise<ModelOverview> {
  const { data } = await client.json<{ data: (Model & { kind: string })[] }>("v1/models/metadata");
  const [named, loaded] = await Promise.all([
    client.json<{ data: { id: string; root?: string }[] }>("v1/models"),
    client
      .json<{ data: LoadedModel[] }>("v1/admin/models/status", { key: "admin", asks: false })
      .catch(() => null),
  ]);
  return {
    models: data.filter(({ kind }) => kind === "model"),
    patterns: data.filter(({ kind }) => kind === "pattern").map(({ id }) => id),
    // OpenAI's name is a name of the default model.
    standard: named.data.find(({ id }) => id === "whisper-1")?.root ?? null,
    loaded: loaded?.data ?? null,
  };
}

/** Downloads a model. Resolves to its name and size. Throws ApiError. */
export async function pullModel(
  client: Client,
  model: string,
  onProgress: (progress: PullProgress) => void,
): Promise<{ readonly model: string; readonly bytes: number }> {
  const response = await client.send("v1/admin/models/pull", {
    method: "POST",
    json: { model, stream: true },
    key: "admin",
  });
  for await (const event of eventsOf(response)) {
    const failure = errorEvent(event);
    if (failure !== null) throw failure;
    const { type, bytes, total_bytes: totalBytes, ...rest } = event as PullEvent;
    if (type === "model.pull.done") return { model: rest.model ?? model, bytes };
    onProgress({ bytes, totalBytes: totalBytes ?? 0 });
  }
  throw new Error("The server ended the download without a result. Try again.");
}

// --- internal ---

interface PullEvent {
  readonly type: "model.pull.progress" | "model.pull.done";
  readonly bytes: number;
  readonly total_bytes?: number;
  readonly model?: string;
}

async function* eventsOf({ body }: Response): AsyncGenerator {
  if (body === null) return;
  const reader = body.getReader();
  const lines = new EventLines();
  const decoder = new TextDecoder();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    yield* lines.push(decoder.decode(read.value, { stream: true }));
  }
}

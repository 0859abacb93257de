/** Sends requests to the server. Asks for a key when the server requires one. */
import { errorOf, unreachable } from "./api-error.ts";
import type { KeyKind, Keys } from "./keys.ts";

export interface ClientRequest {
  readonly method?: "GET" | "POST";
  /** Value that is sent as JSON. */
  readonly json?: object;
  /** Key that the route requires. Without it, the request uses the API key. */
  readonly key?: KeyKind;
  /** Whether the user is asked for a key if the server requires one; true by default. */
  readonly asks?: boolean;
}

export class Client {
  readonly keys: Keys;

  constructor(keys: Keys) {
    this.keys = keys;
  }

  /** Returns the response to a request. Throws ApiError for an error response. */
  async send(path: string, request: ClientRequest = {}): Promise<Response> {
    const { method = "GET", json, key: kind = "api", asks = true } = request;
    const key = this.keys.get(kind);
    const response = await fetch(path, {
      method,
      headers: { accept: "application/json", ...authorization(key) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    }).catch(() => {
      throw unreachable();
    });
    if (response.ok) return response;
    const error = errorOf(response.status, await response.text(), (name) =>
      response.headers.get(name),
    );
    const isOpened = error.status === 401 && asks && (await this.keys.replace(kind, key));
    if (!isOpened) throw error;
    return await this.send(path, request);
  }

  async json<T>(path: string, request?: ClientRequest): Promise<T> {
    return (await (await this.send(path, request)).json()) as T;
  }
}

export function authorization(key: string | null): Readonly<Record<string, string>> {
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

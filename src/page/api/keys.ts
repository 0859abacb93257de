/** Keeps the keys of the server in this tab only. */

/** The API key is for transcriptions. The admin key is for models, if the server has one. */
export type KeyKind = "api" | "admin";

/**
 * Asks the user for a key. `isRefused` tells whether the server refused the last key of the user. Resolves to null if
 * the user gives no key.
 */
export type AskKey = (kind: KeyKind, isRefused: boolean) => Promise<string | null>;

/** The storage of the tab. */
interface KeyStore {
  getItem(name: string): string | null;
  setItem(name: string, key: string): void;
}

export class Keys {
  readonly #store: KeyStore;
  readonly #ask: AskKey;
  /** The question that is open. Requests that fail at the same time wait for one answer. */
  #asking: Promise<string | null> | null = null;

  constructor(store: KeyStore, ask: AskKey) {
    this.#store = store;
    this.#ask = ask;
  }

  /** Returns the key for a request. The API key may also open the admin routes. */
  get(kind: KeyKind): string | null {
    return this.#store.getItem(name(kind)) ?? (kind === "admin" ? this.get("api") : null);
  }

  /** Asks for another key after the server refused `refused`. Resolves to whether there is one. */
  async replace(kind: KeyKind, refused: string | null): Promise<boolean> {
    // Another request may have asked for the key in the meantime.
    if (this.get(kind) !== refused) return true;
    this.#asking ??= this.#ask(kind, this.#store.getItem(name(kind)) !== null);
    const key = await this.#asking;
    this.#asking = null;
    if (key !== null) this.#store.setItem(name(kind), key);
    return key !== null;
  }
}

// --- internal ---

function name(kind: KeyKind): string {
  return `open-asr-server-${kind}-key`;
}

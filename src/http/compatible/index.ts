/** Lists the APIs of other servers, and finds the API to which a request belongs. */
import type { CompatibleApiName } from "../../settings/compatible-api-names.ts";
import { azure } from "./azure.ts";
import type { CompatibleApi } from "./compatible-api.ts";
import { deepgram } from "./deepgram.ts";
import { whisperAsr } from "./whisper-asr.ts";
import { whisperCpp } from "./whisper-cpp.ts";

export class CompatibleApis {
  readonly list: readonly CompatibleApi[];
  /** The canonical paths of each API. */
  readonly #paths: readonly { readonly api: CompatibleApi; readonly path: RegExp }[];

  /** `names` are the APIs that are switched on. */
  constructor(names: readonly CompatibleApiName[]) {
    this.list = all.filter(({ name }) => names.includes(name));
    this.#paths = this.list.flatMap((api) =>
      api.contracts.map(({ path }) => ({ api, path: patternOf(path) })),
    );
  }

  /**
   * Returns the API of a request, also if no route has handled the request because a guard has rejected it. Undefined
   * for OpenAI's API.
   */
  of({ url }: Request): CompatibleApi | undefined {
    const { pathname } = new URL(url);
    return this.#paths.find(({ path }) => path.test(pathname))?.api;
  }
}

// --- internal ---

const all: readonly CompatibleApi[] = [whisperCpp, deepgram, azure, whisperAsr];

/** Converts the path of a route to a pattern. A parameter such as `:deployment` is one part of the path. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`);
}

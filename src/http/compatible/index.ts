/** Lists the APIs of other servers, and finds the API to which a request belongs. */
import type { CompatibleApiName } from "../../settings/compatible-api-names.ts";
import { azure } from "./azure.ts";
import type { CompatibleApi } from "./compatible-api.ts";
import { deepgram } from "./deepgram.ts";
import { whisperAsr } from "./whisper-asr.ts";
import { whisperCpp } from "./whisper-cpp.ts";

export class CompatibleApis {
  readonly list: readonly CompatibleApi[];

  /** `names` are the APIs that are switched on. */
  constructor(names: readonly CompatibleApiName[]) {
    this.list = all.filter(({ name }) => names.includes(name));
  }

  /**
   * Returns the API of a request, also if no route has handled the request because a guard has rejected it. Undefined
   * for OpenAI's API.
   */
  of({ url }: Request): CompatibleApi | undefined {
    const { pathname } = new URL(url);
    return this.list.find(({ paths }) => paths.test(pathname));
  }
}

// --- internal ---

const all: readonly CompatibleApi[] = [whisperCpp, deepgram, azure, whisperAsr];

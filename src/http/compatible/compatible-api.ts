/**
 * Defines how the server takes part in the API of another server. Its routes have the guards, limits and jobs of all
 * routes. They differ only in the format of requests, responses and errors.
 */
import type { AsrError } from "../../errors.ts";
import type { CompatibleApiName } from "../../settings/compatible-api-names.ts";
import type { AudioContract } from "../audio-contract.ts";

export interface CompatibleApi {
  readonly name: CompatibleApiName;
  readonly contracts: readonly AudioContract[];
  /** How clients of the API send a key. Absent if the other server has no keys: clients then send a bearer token. */
  readonly key?: KeyRule;
  /** Converts an error to the response of the API. */
  readonly errorAnswer: (failure: AsrError, context: ErrorContext) => ErrorAnswer;
}

interface KeyRule {
  /** Returns the keys in headers that only this API has. Absent if every route accepts the header of the API. */
  readonly read?: (headers: Headers) => string[];
  /** Header to send, for error messages. */
  readonly advice: string;
  /** Value of the header WWW-Authenticate. */
  readonly challenge: string;
}

export interface ErrorContext {
  readonly requestId: string;
  /** URL of the request. */
  readonly url: string;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly body: object;
}

/** What a model can do: a request for anything else is rejected by the name of its field. */
import { type Static, Type } from "@sinclair/typebox";

export const capabilities = Type.Object({
  /** ISO 639-1 codes (639-3 where there is none) of the languages that it transcribes, in the engine's order. */
  languages: Type.Array(Type.String()),
  /** It can tell which of them is spoken. */
  detectLanguage: Type.Boolean(),
  /** It follows text that precedes the audio. */
  prompt: Type.Boolean(),
  /** It listens for given words and names. */
  keywords: Type.Boolean(),
  /** It can sample at a temperature above 0. */
  temperature: Type.Boolean(),
  /** It gives the time of each word. */
  words: Type.Boolean(),
  /** It can translate into English. */
  translate: Type.Boolean(),
  /** It can transcribe a live stream while the stream goes on. */
  live: Type.Boolean(),
});
export type Capabilities = Static<typeof capabilities>;

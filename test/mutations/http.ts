/** Lists the mutations of src/http/, and of the code that reads the languages in requests. */
import type { Mutation } from "./list.ts";

const encoding: readonly string[] = ["test/http/body/content-encoding.test.ts"];
const fields: readonly string[] = ["test/http/routes/transcription-fields.test.ts"];
const languages: readonly string[] = ["test/transcript/languages.test.ts"];
const events: readonly string[] = ["test/http/routes/events.test.ts"];
const earlyBytes: readonly string[] = ["test/http/routes/early-bytes.test.ts"];
const identity: readonly string[] = ["test/http/body/upload-identity.test.ts"];
const canonicalUrl: readonly string[] = ["test/http/canonical-url.test.ts"];

export const httpMutations: readonly Mutation[] = [
  {
    file: "src/http/openapi/error-responses.ts",
    breaks: "the OpenAPI document tells which errors are worth a retry",
    from: "codes.map((code) => String(errorKinds[code].retry))",
    to: "codes.map((code) => String(errorKinds[code].status === 503))",
    suites: ["test/http/openapi/document.test.ts"],
  },
  {
    file: "src/http/guards/errors.ts",
    breaks: "OpenAI's client retries the errors that are worth a retry, and no others",
    from: 'set.headers["x-should-retry"] = String(failure.kind.retry);',
    to: "",
    suites: ["test/http/retries.test.ts"],
  },
  {
    file: "src/http/body/transcription-form.ts",
    breaks: "languages must contain the language",
    from: "codes.includes(known)",
    to: "known !== null",
    suites: ["test/http/routes/openai-fields.test.ts"],
  },
  {
    file: "src/http/response-end.ts",
    breaks: "a client that disconnects before its body is read ends the job",
    from: '"abort", () => void end(),',
    to: '"abort", () => undefined,',
    suites: events,
  },
  {
    file: "src/http/routes/events.ts",
    breaks: "the audio of a job is deleted after the job has ended",
    from: "resources.defer(async () => void (await job.return?.()));",
    to: "",
    suites: events,
  },
  {
    file: "src/http/routes/early-bytes.ts",
    breaks: "the silence of a connection counts from its last space",
    from: "      noteByte();\n",
    to: "",
    suites: earlyBytes,
  },
  {
    file: "src/http/routes/early-bytes.ts",
    breaks: "a job whose silent connection was cut goes on",
    from: "silentMs < config.rejoinSilenceS * 1000",
    to: "silentMs >= 0",
    suites: earlyBytes,
  },
  {
    file: "src/http/routes/early-bytes.ts",
    breaks: "a failure whose client has left is not kept",
    from: "if (!request.signal.aborted) rejoin.keepFailure",
    to: "rejoin.keepFailure",
    suites: earlyBytes,
  },
  {
    file: "src/http/routes/early-bytes.ts",
    breaks: "a failure after the first space does not end the body",
    from: "    throw failure;\n",
    to: "    void failure;\n",
    suites: earlyBytes,
  },
  {
    file: "src/http/body/upload-identity.ts",
    breaks: "the client is a part of the identity of an upload",
    from: "this.#add([client, route]);",
    to: "this.#add([route, client.slice(0, 0)]);",
    suites: identity,
  },
  {
    file: "src/http/body/upload-identity.ts",
    breaks: "the bounds of fields are a part of the identity of an upload",
    from: "JSON.stringify(texts)",
    to: 'texts.join("")',
    suites: identity,
  },
  {
    file: "src/http/body/received-audio.ts",
    breaks: "the compressed bytes of a form are limited",
    from: "gunzipped(withinLimit(sent, fileBytesMax))",
    to: "gunzipped(sent)",
    suites: encoding,
  },
  {
    file: "src/http/body/content-encoding.ts",
    breaks: "the reading of damaged data ends at once",
    from: "      progress.throwFailure();\n",
    to: "",
    suites: encoding,
  },
  {
    file: "src/http/body/content-encoding.ts",
    breaks: "a piece is decoded before the next is read",
    from: "yield* decoded(() => isTaken);",
    to: "yield* decoded(() => true);",
    suites: encoding,
  },
  {
    file: "src/http/body/vad-field.ts",
    breaks: "vad and vad_filter may not contradict each other",
    from: "if (this.#filter !== null && differs)",
    to: "if (this.#filter === false && differs)",
    suites: fields,
  },
  {
    file: "src/http/body/transcription-form.ts",
    breaks: "a request that asks to detect the language gets no default",
    from: "sent.language === undefined && !isMultilingual",
    to: "language === null && !isMultilingual",
    suites: fields,
  },
  {
    file: "src/transcript/languages.ts",
    breaks: "codes of one language are equal by their English name",
    from: "(codes().get(plain(name)) ?? code)",
    to: "code",
    suites: languages,
  },
  {
    file: "src/transcript/languages.ts",
    breaks: "languages have a native name",
    from: " ?? nativeCodes().get(name) ?? null",
    to: "",
    suites: languages,
  },
  {
    file: "src/supervisor/option-defaults.ts",
    breaks: "a model ignores a default language that it does not have",
    from: "language !== null && can.languages.includes(language) ? language : null",
    to: "language",
    suites: ["test/supervisor/option-defaults.test.ts"],
  },
  {
    file: "src/http/canonical-url.ts",
    breaks: "repeated slashes are removed",
    from: '.filter((segment) => segment !== "")',
    to: ".slice(1)",
    suites: canonicalUrl,
  },
  {
    file: "src/http/canonical-url.ts",
    breaks: "a path under /health is not /health",
    from: "ownRoutes.has(resource) && rest.length === 0",
    to: "ownRoutes.has(resource)",
    suites: canonicalUrl,
  },
  {
    file: "src/http/canonical-url.ts",
    breaks: "the prefix /openai belongs to the base URL",
    from: 'segments[0] === "openai" ? 1 : 0',
    to: "0",
    suites: canonicalUrl,
  },
];

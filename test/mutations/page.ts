/** Lists the mutations of the web page and its routes. */
import type { Mutation } from "./list.ts";

const routes: readonly string[] = ["test/http/routes/page.test.ts"];
const events: readonly string[] = ["test/http/transcript-events.test.ts"];
const marks: readonly string[] = ["test/page/marks.test.ts"];
const document: readonly string[] = ["test/page/document.test.ts"];
const order: readonly string[] = ["test/page/order.test.ts"];
const queue: readonly string[] = ["test/page/queue.test.ts"];
const answers: readonly string[] = ["test/page/answers.test.ts"];
const admin: readonly string[] = ["test/http/guards/admin.test.ts"];

export const pageMutations: readonly Mutation[] = [
  {
    file: "src/http/accepts-html.ts",
    breaks: "a program that prefers JSON gets JSON at /",
    from: 'html >= qualityOf("application/json", accept ?? "")',
    to: "html >= 0",
    suites: routes,
  },
  {
    file: "src/http/routes/about.ts",
    breaks: "--no-page switches the page off",
    from: "if (page && acceptsHtml",
    to: "if (acceptsHtml",
    suites: routes,
  },
  {
    file: "src/http/routes/about.ts",
    breaks: "--no-page switches the files of the page off",
    from: "return page ? allOf([about, webPageFiles()]) : about;",
    to: "return allOf([about, webPageFiles()]);",
    suites: routes,
  },
  {
    file: "src/http/embedded-asset.ts",
    breaks: "a browser does not load a file again that did not change",
    from: "version === etag",
    to: "version === file",
    suites: routes,
  },
  {
    file: "src/http/guards/admin.ts",
    breaks: "only the page of this server may use the admin routes of a server without keys",
    from: 'headers.get("origin") === ownOrigin(request)',
    to: 'headers.get("origin") !== ownOrigin(request)',
    suites: admin,
  },
  {
    file: "src/http/guards/admin.ts",
    breaks: "without the page, no page may use the admin routes of a server without keys",
    from: "access.page && isOwnPage(request)",
    to: "isOwnPage(request)",
    suites: admin,
  },
  {
    file: "src/http/transcript-events.ts",
    breaks: "only verbose_json has progress",
    from: "this.#isVerbose ? this.#progress(event) : null",
    to: "this.#progress(event)",
    suites: events,
  },
  {
    file: "src/http/transcript-events.ts",
    breaks: "only verbose_json has segments in its deltas",
    from: "this.#isVerbose ? { segment: wireSegment(segment) } : {}",
    to: "{ segment: wireSegment(segment) }",
    suites: events,
  },
  {
    file: "src/transcript/word-spans.ts",
    breaks: "a word after the segment belongs to the next segment",
    from: "if (at < 0 && word.startS >= endS) break;",
    to: "",
    suites: marks,
  },
  {
    file: "src/page/transcript/marks.ts",
    breaks: "words without the space between them are one word",
    from: 'const joins = added === "" &&',
    to: 'const joins = added !== "" &&',
    suites: marks,
  },
  {
    file: "src/page/transcript/marks.ts",
    breaks: "several words share the time of the word that they replace",
    from: "letters += word.length;",
    to: "letters = length;",
    suites: marks,
  },
  {
    file: "src/page/transcript/document.ts",
    breaks: "a correction made before the end stays",
    from: "for (const segment of shown.slice(this.#lines.length)) this.add(segment);",
    to: "this.clear(); for (const segment of shown) this.add(segment);",
    suites: document,
  },
  {
    file: "src/page/transcript/document.ts",
    breaks: "words of channels stay apart",
    from: "channels.get(segment.channel) ?? []",
    to: "channels.get(undefined) ?? []",
    suites: document,
  },
  {
    file: "src/page/order.ts",
    breaks: "a model without times of words is not asked for them",
    from: "model?.capabilities?.supports_word_timestamps !== false",
    to: "true",
    suites: order,
  },
  {
    file: "src/page/order.ts",
    breaks: "a chosen language does not change",
    from: 'options.multilingual && language === ""',
    to: "options.multilingual",
    suites: order,
  },
  {
    file: "src/page/queue.ts",
    breaks: "files are sent one after the other",
    from: "if (this.#isRunning) return;",
    to: "",
    suites: queue,
  },
  {
    file: "src/page/queue.ts",
    breaks: "a busy server is asked again after the time that it says",
    from: "if (retryAfterS === null) {",
    to: "if (retryAfterS !== 1) {",
    suites: queue,
  },
  {
    file: "src/page/api/api-error.ts",
    breaks: "only a request that may be retried is sent again",
    from: "mayRetry && Number.isFinite(retryAfterS) ? retryAfterS : null",
    to: "Number.isFinite(retryAfterS) ? retryAfterS : null",
    suites: answers,
  },
  {
    file: "src/page/api/event-lines.ts",
    breaks: "a line may arrive in parts",
    from: "`${this.#rest}${text}`",
    to: "text",
    suites: answers,
  },
  {
    file: "src/page/api/keys.ts",
    breaks: "the API key may open the admin routes",
    from: '(kind === "admin" ? this.get("api") : null)',
    to: "null",
    suites: answers,
  },
];

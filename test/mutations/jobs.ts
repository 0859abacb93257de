/** Lists the mutations of src/jobs/. */
import type { Mutation } from "./list.ts";

const admission: readonly string[] = ["test/jobs/admission.test.ts", "test/jobs/uploads.test.ts"];
const rejoin: readonly string[] = ["test/jobs/rejoin.test.ts"];

export const jobsMutations: readonly Mutation[] = [
  {
    file: "src/jobs/admission.ts",
    breaks: "Retry-After is at most a minute",
    from: "const retryAfterSMax = 60;",
    to: "const retryAfterSMax = 600;",
    suites: admission,
  },
  {
    file: "src/jobs/admission.ts",
    breaks: "the mean length of audio follows the newest audio slowly",
    from: "const newestWeight = 0.1;",
    to: "const newestWeight = 0.9;",
    suites: admission,
  },
  {
    file: "src/jobs/slots.ts",
    breaks: "a client has an equal share of the slots",
    from: "this.#capacity() / clients.size",
    to: "this.#capacity()",
    suites: admission,
  },
  {
    file: "src/jobs/slots.ts",
    breaks: "a client that does not return stops counting as waiting",
    from: "const lateMs = 10_000;",
    to: "const lateMs = 10_000_000;",
    suites: admission,
  },
  {
    file: "src/jobs/uploads.ts",
    breaks: "an upload below a tenth of the usual rate is slow",
    from: "const slowFraction = 0.1;",
    to: "const slowFraction = 0.5;",
    suites: admission,
  },
  {
    file: "src/jobs/uploads.ts",
    breaks: "the rate of an upload is not compared in its first 2 s",
    from: "const minAgeS = 2;",
    to: "const minAgeS = 0.2;",
    suites: admission,
  },
  {
    file: "src/jobs/pace.ts",
    breaks: "measurements lose half their weight in 60 s",
    from: "const halfLifeS = 60;",
    to: "const halfLifeS = 60_000;",
    suites: admission,
  },
  {
    file: "src/jobs/pace.ts",
    breaks: "time in which several jobs work counts once",
    from: "this.#sinceEndS += (nowMs - this.#busySinceMs) / 1000;",
    to: "this.#sinceEndS += (this.#working * (nowMs - this.#busySinceMs)) / 1000;",
    suites: admission,
  },
  {
    file: "src/jobs/arrival.ts",
    breaks: "the rate of an upload is measured over the last windows only",
    from: "const windowMs = 10_000;",
    to: "const windowMs = 10_000_000;",
    suites: admission,
  },
  {
    file: "src/jobs/ticket.ts",
    breaks: "a ticket enters the working stage once",
    from: 'if (this.#stage !== "working") this.#enter("working");',
    to: 'this.#enter("working");',
    suites: ["test/jobs/ticket.test.ts"],
  },
  {
    file: "src/jobs/queue.ts",
    breaks: "a job whose client has left is stopped when another job needs its slot",
    from: "      stop();\n",
    to: "",
    suites: rejoin,
  },
  {
    file: "src/jobs/queue.ts",
    breaks: "a job whose client has left does not count when a request is admitted",
    from: "    this.#slots.release(ticket);\n    this.#abandoned.set(ticket, stop);",
    to: "    this.#abandoned.set(ticket, stop);",
    suites: rejoin,
  },
  {
    file: "src/jobs/admission.ts",
    breaks:
      "a job whose client left before the job was queued does not count when a request is admitted",
    from: "if (stop !== undefined) this.abandon(ticket, stop);",
    to: "",
    suites: rejoin,
  },
  {
    file: "src/jobs/admission.ts",
    breaks: "a client that returned before its job was queued has a slot",
    from: "    this.#abandonedEarly.delete(ticket);\n    this.#queue.rejoin(ticket);",
    to: "    this.#queue.rejoin(ticket);",
    suites: rejoin,
  },
  {
    file: "src/jobs/rejoin.ts",
    breaks: "an answer is given to one retry only",
    from: "    if (kept === undefined) return null;\n    this.#forget(kept);",
    to: "    if (kept === undefined) return null;",
    suites: rejoin,
  },
  {
    file: "src/jobs/rejoin.ts",
    breaks: "the text of kept answers is limited",
    from: "const charactersMax = 32 * 1024 * 1024;",
    to: "const charactersMax = 320 * 1024 * 1024;",
    suites: rejoin,
  },
  {
    file: "src/jobs/rejoin.ts",
    breaks: "no failure is kept while the server stops",
    from: "    if (!this.#options.lifecycle.stopping.aborted) {",
    to: "    if (this.#options.rejoinS > 0) {",
    suites: rejoin,
  },
  {
    file: "src/jobs/deadlines.ts",
    breaks: "the queue timeout ends when work begins",
    from: "clearTimeout(timer);",
    to: "",
    suites: ["test/jobs/deadlines.test.ts"],
  },
  {
    file: "src/jobs/ticket.ts",
    breaks: "the queue counts the audio once for each channel",
    from: "this.#passes * Math.max",
    to: "Math.max",
    suites: ["test/jobs/ticket.test.ts"],
  },
];

/** Lists the mutations of the admin routes, and of the code that unloads models. */
import type { Mutation } from "./list.ts";

const guard: readonly string[] = ["test/http/guards/admin.test.ts"];
const body: readonly string[] = ["test/http/body/json-body.test.ts"];
const registry: readonly string[] = ["test/supervisor/registry.test.ts"];
const unload: readonly string[] = ["test/supervisor/unload.test.ts"];

export const adminMutations: readonly Mutation[] = [
  {
    file: "src/http/guards/admin.ts",
    breaks: "an API key alone neither downloads nor deletes",
    from: "mustBeDirect: adminKeys.length === 0,",
    to: "mustBeDirect: adminKeys.length === 0 && apiKeys.length === 0,",
    suites: guard,
  },
  {
    file: "src/http/guards/admin.ts",
    breaks: "a server behind a proxy has no direct requests",
    from: "    trustedProxyHops === 0 &&\n",
    to: "",
    suites: guard,
  },
  {
    file: "src/http/guards/admin.ts",
    breaks: "wrong keys are counted",
    from: "wrongKeys.take(client)",
    to: "wrongKeys.require(client)",
    suites: guard,
  },
  {
    file: "src/http/guards/admin.ts",
    breaks: "an address with too many wrong keys has to wait, also with the right one",
    from: "      wrongKeys.require(client);\n",
    to: "",
    suites: guard,
  },
  {
    file: "src/http/body/json-body.ts",
    breaks: "a body that is given up is no longer read",
    from: "    void reader.cancel().catch(() => undefined);\n",
    to: "",
    suites: body,
  },
  {
    file: "src/supervisor/loaded-models.ts",
    breaks: "the memory of ending processes does not refuse another model",
    from: "const loadedBytes = sumOfBytes(this.all());",
    to: "const loadedBytes = sumOfBytes([...this.all(), ...this.#ending.keys()]);",
    suites: registry,
  },
  {
    file: "src/supervisor/loaded-models.ts",
    breaks: "keep_alive unloads in time, not at the next check",
    from: "member.idleTimer = setTimeout(() => this.#unloadIdle(), waitMs).unref();",
    to: "",
    suites: registry,
  },
  {
    file: "src/supervisor/registry.ts",
    breaks: "a model is looked up at the first read of its job",
    from: "    return streamOf(job, (delivery, signal) =>",
    to: "    this.#loadedModel(job.model);\n    return streamOf(job, (delivery, signal) =>",
    suites: registry,
  },
  {
    file: "src/supervisor/restarting-runner.ts",
    breaks: "unloading waits for all processes of the model",
    from: "await Promise.all([this.#runner?.close(reason), ...exited]);",
    to: "await this.#runner?.close(reason);",
    suites: unload,
  },
];

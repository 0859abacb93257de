/** Starts a server on a free loopback port, loads one model, and sends the HTTP requests that measure the model. */
import { randomUUID } from "node:crypto";
import { AsrError } from "../../errors.ts";
import type { Listener } from "../../http/listener.ts";
import type { ResolvedModel, RunnerEntry, Transcriber } from "../../jobs/job.ts";
import type { ModelMetadata } from "../../jobs/model-facts.ts";
import { Lifecycle } from "../../jobs/lifecycle.ts";
import { unlessAborted } from "../../platform/abort.ts";
import type { Config } from "../../settings/config.ts";
import { Spool } from "../../spool/spool.ts";
import { quietLog } from "../quiet-log.ts";

export class BenchServer implements AsyncDisposable {
  readonly model: ResolvedModel;
  /** Seconds from the start of the runner process until the model was loaded. */
  readonly loadS: number;
  readonly #transcriber: Transcriber;
  readonly #url: string;
  readonly #key: string;
  readonly #resources: AsyncDisposableStack;

  /** Starts the server and loads the model with this name, or the default model if the name is null. */
  static async open(
    name: string | null,
    config: Config,
    signal: AbortSignal,
  ): Promise<BenchServer> {
    const [{ createRegistry }, { buildHttpServer }, { listen }] = await Promise.all([
      import("../../supervisor/registry.ts"),
      import("../http-server.ts"),
      import("../../http/listener.ts"),
    ]);
    // The server requires a random API key. Other programs on this machine do not know the key, so their requests
    // cannot disturb the measurement.
    const key = randomUUID();
    const own: Config = {
      ...config,
      host: "127.0.0.1",
      port: 0,
      apiKeys: [key],
      preload: name === null ? [] : [name],
      pull: "never",
    };
    const log = quietLog(own);
    await using resources = new AsyncDisposableStack();
    const spool = resources.use(Spool.open(own.spoolDir, own));
    const transcriber = createRegistry(own, log, { onLoopback: true });
    resources.defer(() => transcriber.close());
    const model = await transcriber.resolve(name, "operator", { signal });
    const startMs = performance.now();
    await unlessAborted(transcriber.preload(name), signal);
    const loadS = (performance.now() - startMs) / 1000;
    const lifecycle = new Lifecycle();
    lifecycle.loaded();
    const services = { transcriber, spool, config: own, lifecycle, log, onLoopback: true };
    const listener: Listener = listen(buildHttpServer(services), own, log);
    resources.defer(() => listener.stop());
    resources.defer(() => lifecycle.end());
    return new BenchServer({ model, loadS, transcriber, url: listener.url, key }, resources.move());
  }

  private constructor(
    facts: {
      model: ResolvedModel;
      loadS: number;
      transcriber: Transcriber;
      url: string;
      key: string;
    },
    resources: AsyncDisposableStack,
  ) {
    this.model = facts.model;
    this.loadS = facts.loadS;
    this.#transcriber = facts.transcriber;
    this.#url = facts.url;
    this.#key = facts.key;
    this.#resources = resources;
  }

  get lanes(): number {
    return this.#transcriber.lanes().get(this.model.id) ?? 1;
  }

  /** Returns the runner process of the model. Undefined when no runner process is running. */
  get runner(): RunnerEntry | undefined {
    return this.#transcriber.runners()[0];
  }

  async metadata(): Promise<ModelMetadata | undefined> {
    const all = await this.#transcriber.metadata();
    return all.find(({ id, backend }) => id === this.model.id && backend === this.model.backend);
  }

  /**
   * Sends a recording to the server and returns its transcript. Throws AsrError when the server answers with an error.
   */
  async transcribe(wav: Blob, signal: AbortSignal): Promise<string> {
    const { id, capabilities } = this.model;
    const form = new FormData();
    form.append("file", wav, "sample.wav");
    form.append("model", id);
    if (capabilities?.languages.includes("en") === true) form.append("language", "en");
    const response = await fetch(`${this.#url}/v1/audio/transcriptions`, {
      method: "POST",
      body: form,
      headers: { authorization: `Bearer ${this.#key}` },
      signal,
    });
    const answer = (await response.json()) as { text?: string; error?: { message?: string } };
    if (response.ok && answer.text !== undefined) return answer.text;
    const reason = answer.error?.message ?? "no reason";
    throw new AsrError("internal_error", `a request got status ${response.status}: ${reason}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}

/**
 * GET /health: returns whether the server is alive. GET /ready: returns whether the server accepts work. Both routes
 * require no key and use no model.
 */
import type { Transcriber } from "../../jobs/job.ts";
import type { Lifecycle } from "../../jobs/lifecycle.ts";
import type { Health, Readiness } from "../schema.ts";
import type { Plugin } from "../plugin.ts";
import { readRoute } from "./methods.ts";

export function health(
  version: string,
  lifecycle: Lifecycle,
  transcriber: Pick<Transcriber, "runners">,
): Plugin {
  const alive: Health = { status: "ok", version };
  const ready = ({ set }: { set: { status?: unknown } }): Readiness => {
    if (lifecycle.phase !== "ready") set.status = 503;
    const restarting = transcriber.runners().filter(({ isRestarting }) => isRestarting).length;
    return { status: lifecycle.phase, version, restarting };
  };
  return (app) => app.use(readRoute("/health", () => alive)).use(readRoute("/ready", ready));
}

/** GET /health: whether the server answers; it needs no key and touches no model. */
import { Elysia } from "elysia";
import { onlyMethod } from "./errors.ts";
import type { Health } from "./schema.ts";

export function health(version: string) {
  const answer: Health = { status: "ok", version };
  return new Elysia({ name: "health" })
    .get("/health", () => answer)
    .head("/health", () => answer)
    .all("/health", onlyMethod("GET"));
}

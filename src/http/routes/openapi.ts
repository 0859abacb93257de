/** GET /openapi.json: returns the OpenAPI document. */
import { Elysia } from "elysia";
import { openapiDocument } from "../openapi/document.ts";
import { readRoute } from "./methods.ts";

export function openapi(version: string) {
  return new Elysia({ name: "openapi" }).use(
    readRoute("/openapi.json", () => openapiDocument(version)),
  );
}

/** GET /openapi.json: returns the OpenAPI document. */
import { readRoute } from "./methods.ts";

export function openapi(version: string) {
  return readRoute("/openapi.json", async () => {
    // Few clients ask for the document, and its parts need 1.3 MB.
    const { openapiDocument } = await import("../openapi/document.ts");
    return openapiDocument(version);
  });
}

/** Starts the API page, which shows the OpenAPI document of the server in Swagger UI. */
import { errorText } from "./api/api-error.ts";
import { Client } from "./api/client.ts";
import { Keys } from "./api/keys.ts";
import { find, showText } from "./view/element.ts";
import { keyDialog } from "./view/key-dialog.ts";

/** The function of Swagger UI, which its own script defines. */
declare function SwaggerUIBundle(options: object): {
  preauthorizeApiKey: (scheme: string, key: string) => void;
};

const keys = new Keys(sessionStorage, keyDialog());

try {
  const document = await new Client(keys).json<object>("openapi.json");
  const ui = SwaggerUIBundle({
    spec: document,
    domNode: find("#api", HTMLElement),
    // By default, Swagger UI would send the document to a service that validates it.
    validatorUrl: null,
    tryItOutEnabled: true,
    onComplete() {
      const key = keys.get("api");
      if (key !== null) ui.preauthorizeApiKey("bearer", key);
    },
  });
} catch (error) {
  showText(find("#problem", HTMLElement), errorText(error));
}

/** `npm run docs`: writes the generated pages of docs/. */
import { configurationPage } from "./configuration.ts";

await Bun.write(new URL("../../docs/configuration.md", import.meta.url), configurationPage());

/** `npm run docs`: writes the pages of docs/ that are generated. */
import { configurationPage } from "./configuration.ts";

await Bun.write(new URL("../../docs/configuration.md", import.meta.url), configurationPage());

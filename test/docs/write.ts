/** `npm run docs`: writes the pages of docs/ that are generated, whole or in part. */
import { apiPage } from "./api.ts";
import { configurationPage } from "./configuration.ts";

const pathOf = (page: string) => new URL(`../../docs/${page}`, import.meta.url);

await Bun.write(pathOf("configuration.md"), configurationPage());
await Bun.write(pathOf("api.md"), apiPage(await Bun.file(pathOf("api.md")).text()));

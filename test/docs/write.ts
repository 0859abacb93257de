/** `npm run docs`: writes the generated pages of docs/ and the generated parts of other pages. */
import { apiPage } from "./api.ts";
import { configurationPage } from "./configuration.ts";

const pathOf = (page: string) => new URL(`../../docs/${page}`, import.meta.url);

await Bun.write(pathOf("configuration.md"), configurationPage());
await Bun.write(pathOf("api.md"), apiPage(await Bun.file(pathOf("api.md")).text()));

// Writes the generated parts of docs/. Usage: npm run docs
import { join } from "node:path";
import { configurationPage, docs, withErrorTable } from "./pages.ts";

await Bun.write(join(docs, "configuration.md"), configurationPage());
const api = join(docs, "api.md");
await Bun.write(api, withErrorTable(await Bun.file(api).text()));

/** The folder for what the benchmark builds and what its servers write. */
import { join } from "node:path";
import { buildFolder, repository } from "../../vendor/packages.mjs";

export const benchFolder = join(buildFolder, "bench");
export const audioFolder = join(repository, "test", "audio");

/** Defines the folder for the programs that the benchmark builds and for the files that its servers write. */
import { join } from "node:path";
import { buildFolder, repository } from "../../vendor/packages.mjs";

export const benchFolder = join(buildFolder, "bench");
export const audioFolder = join(repository, "test", "audio");

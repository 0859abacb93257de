/** A Python environment in .build with pinned and hashed packages, for the tests and benchmarks that need some. */
import { join } from "node:path";
import { buildFolder, findPython, runTool } from "../vendor/packages.mjs";
import { buildStep } from "../vendor/stamp.ts";
import { isWindows } from "./windows.ts";

export interface PythonEnvironment {
  /** As messages name its packages. */
  readonly title: string;
  /** Path of the environment below .build. */
  readonly folder: string;
  /** The requirements file with the hashes. */
  readonly requirements: string;
}

/** Path of the environment's interpreter. Creates the environment if the requirements changed. */
export async function pythonEnvironment(environment: PythonEnvironment): Promise<string> {
  const { title, requirements } = environment;
  const folder = join(buildFolder, environment.folder);
  const interpreter = join(folder, isWindows ? "Scripts/python.exe" : "bin/python");
  await buildStep(
    {
      title: `installing ${title}`,
      name: environment.folder.replaceAll("/", "-"),
      inputs: [requirements],
      outputs: [interpreter],
    },
    async () => {
      const failure = `Cannot install ${title}`;
      runTool([findPython() ?? "python3", "-m", "venv", "--clear", folder], { failure });
      const install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirements];
      runTool([interpreter, ...install], { failure });
    },
  );
  return interpreter;
}

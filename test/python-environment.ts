/** Creates Python environments in .build for tests and benchmarks. Their packages have pinned versions and hashes. */
import { join } from "node:path";
import { buildFolder, findPython, runTool } from "../vendor/packages.mjs";
import { buildStep } from "../vendor/stamp.ts";
import { isWindows } from "./windows.ts";

export interface PythonEnvironment {
  /** Name of the packages in messages. */
  readonly title: string;
  /** Path of the environment, relative to .build. */
  readonly folder: string;
  /** Path of the requirements file, which contains the hashes. */
  readonly requirements: string;
}

/** Creates the environment if the requirements have changed. Returns the path of its interpreter. */
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

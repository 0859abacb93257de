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
  /** Whether to install only the packages in the requirements file, even if one of them asks for another package. */
  readonly withoutDependencies?: true;
}

/** Creates the environment if it is missing or its requirements have changed. Returns the path of its interpreter. */
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
      const python = findPython() ?? "python3";
      // Uses the pip of the system to install packages into the environment, because Debian's Python contains no pip
      // for new environments.
      runTool([python, "-m", "venv", "--clear", "--without-pip", folder], { failure });
      const pip = [python, "-m", "pip", "--python", interpreter, "install", "--quiet"];
      const only = environment.withoutDependencies ? ["--no-deps"] : [];
      runTool([...pip, ...only, "--require-hashes", "-r", requirements], { failure });
    },
  );
  return interpreter;
}

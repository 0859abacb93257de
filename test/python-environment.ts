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
      const python = findPython() ?? "python3";
      // The system's pip installs into the environment: Debian's Python has no pip of its own for new environments.
      runTool([python, "-m", "venv", "--clear", "--without-pip", folder], { failure });
      const pip = [python, "-m", "pip", "--python", interpreter, "install", "--quiet"];
      runTool([...pip, "--require-hashes", "-r", requirements], { failure });
    },
  );
  return interpreter;
}

/** Describes the clients in Java: OpenAI's own client, which uses OkHttp, and the HTTP client of the JDK. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runTool, sha256OfFile } from "../../vendor/packages.mjs";
import { buildStep } from "../../vendor/stamp.ts";
import { isWindows } from "../windows.ts";
import { type Client, clientsFolder } from "./client.ts";

const source = join(import.meta.dirname, "java", "openai-java");
const pom = join(source, "pom.xml");

export const openaiJava: Client = {
  name: "openai-java",
  version:
    /<version>([\d.]+)<\/version>\s*<\/dependency>/.exec(readFileSync(pom, "utf8"))?.[1] ?? "",
  errorClass: "NotFoundException",
  // On Windows, mvn is the script mvn.cmd, which only a shell can start. The test uses no shell, so it requires
  // mvn.exe.
  needs: ["java", "javac", isWindows ? "mvn.exe" : "mvn"],
  async install() {
    const folder = join(clientsFolder, "openai-java");
    const classPath = [join(folder, "jars", "*"), folder].join(delimiter);
    await buildStep(
      {
        title: "installing openai-java",
        name: "clients-openai-java",
        inputs: [source],
        outputs: [join(folder, "OpenAiJava.class")],
      },
      async () => {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        await fetchJars(join(folder, "jars"));
        const program = join(source, "OpenAiJava.java");
        runTool(["javac", "-proc:none", "-cp", classPath, "-d", folder, program], {
          failure: "Cannot compile the program of openai-java",
        });
      },
    );
    return ["java", "-cp", classPath, "OpenAiJava"];
  },
};

/** Client without packages. The JDK itself compiles a program that consists of one file. */
export const jdkHttpClient: Client = {
  name: "HttpClient of the JDK",
  without: ["words", "models"],
  needs: ["java", "javac"],
  install: () =>
    Promise.resolve(["java", join(import.meta.dirname, "java", "jdk", "JdkHttpClient.java")]),
};

// --- internal ---

/** Fetches the packages. Compares each file with jars.sha256, because Maven 3 does not check pinned hashes. */
async function fetchJars(folder: string): Promise<void> {
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
  runTool(["mvn", "--quiet", "--batch-mode", "-f", pom, goal, `-DoutputDirectory=${folder}`], {
    failure: "Cannot fetch openai-java",
  });
  const pins = readFileSync(join(source, "jars.sha256"), "utf8").trimEnd().split("\n");
  const found = await Array.fromAsync(new Bun.Glob("*.jar").scan(folder));
  const hashes = found
    .sort()
    .map(async (name) => `${await sha256OfFile(join(folder, name))}  ${name}`);
  const differing = new Set(pins).symmetricDifference(new Set(await Promise.all(hashes)));
  if (differing.size > 0) {
    throw new Error(
      `The files of openai-java differ from jars.sha256: ${[...differing].join(", ")}`,
    );
  }
}

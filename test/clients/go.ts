/** Describes the clients in Go. The file go.sum contains the hashes of their modules. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "../../vendor/packages.mjs";
import { buildStep } from "../../vendor/stamp.ts";
import { isWindows } from "../windows.ts";
import { type Client, clientsFolder } from "./client.ts";

/** A client that is not from OpenAI. It compiles in seconds. OpenAI's own client (`openaiGo`) takes minutes. */
export const goOpenai = goClient("go-openai", "github.com/sashabaranov/go-openai", {
  errorClass: "openai.APIError",
});

export const openaiGo = goClient("openai-go", "github.com/openai/openai-go/v3", {
  errorClass: "openai.Error",
});

// --- internal ---

/**
 * Returns the description of a client. The folder of its program has the client's name. Each program is a module of its
 * own, because the clients need different versions of Go.
 */
function goClient(name: string, module: string, facts: Pick<Client, "errorClass">): Client {
  const source = join(import.meta.dirname, "go", name);
  const report = join(import.meta.dirname, "go", "report");
  const program = join(clientsFolder, isWindows ? `${name}.exe` : name);
  const pin = new RegExp(`${module} v(\\S+)`);
  return {
    name,
    version: pin.exec(readFileSync(join(source, "go.mod"), "utf8"))?.[1] ?? "",
    ...facts,
    needs: ["go"],
    async install() {
      await buildStep(
        {
          title: `compiling ${name}`,
          name: `clients-${name}`,
          inputs: [source, report],
          outputs: [program],
        },
        async () => {
          runTool(["go", "build", "-mod=readonly", "-o", program, "."], {
            cwd: source,
            failure: `Cannot compile ${name}`,
          });
        },
      );
      return [program];
    },
  };
}

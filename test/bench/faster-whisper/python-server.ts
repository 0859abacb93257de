/**
 * Installs and runs the Python server of the same name, the predecessor of this program. It transcribes with
 * faster-whisper, in int8 with 5 beams, and these settings are fixed.
 */
import { dirname, join } from "node:path";
import { pythonEnvironment } from "../../python-environment.ts";
import { ServerProcess } from "../server-process.ts";
import { openaiSide, type Side } from "../side.ts";

export const pythonServerName = "open-asr-server 0.3.0 (Python)";

/** `folder` is the path of a model folder in the format of CTranslate2. */
export function pythonServer(folder: string): Side {
  const model = `faster-whisper:${folder}`;
  return {
    name: pythonServerName,
    async start() {
      const interpreter = await pythonEnvironment({
        title: pythonServerName,
        folder: "bench/python-server",
        requirements: join(import.meta.dirname, "requirements-server.txt"),
      });
      const program = join(dirname(interpreter), "open-asr-server");
      const server = await ServerProcess.start({
        name: "python-server",
        command: (port) => [program, "serve", `--port=${port}`, `--preload=${model}`],
        environment: { HF_HUB_OFFLINE: "1", OPEN_ASR_SERVER_MAX_UPLOAD_BYTES: String(2 ** 30) },
      });
      return openaiSide(server, model);
    },
  };
}

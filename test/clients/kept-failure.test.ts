/**
 * Tests OpenAI's client for Python with a request that fails after its response has begun. If the body is cut off, this
 * client sends the request again. OpenAI's client for Node does not send the request again.
 */
import { expect, test } from "bun:test";
import { formOf, nullEngine, startServer, until } from "../e2e/server.ts";
import { tone, wavOf } from "../e2e/wav.ts";
import { openaiPython } from "./python.ts";

/** Time limit in milliseconds. It is long, because on a new machine the package is first installed. */
const timeoutMs = 600_000;

test(
  "OpenAI's client for Python gets the status of a failure that closed its first connection",
  async () => {
    const [python = "python3"] = await openaiPython.install();
    await using server = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_EARLY_BYTES_SECONDS: "1" },
    });
    const file = wavOf(0.5, tone);
    expect((await server.post(formOf({ file, model: "null:echo" }))).status).toBe(200);
    const client = Bun.spawn([python, "-c", program, `${server.url}/v1`], {
      stdin: file,
      stdout: "pipe",
      stderr: "inherit",
    });
    expect(await new Response(client.stdout).text()).toBe("InternalServerError 500\n");
    await until("the log has the retry", () => /status=500 .*joined=req_/.test(server.log()));
    expect(server.log().match(/error=internal_error/g)).toHaveLength(2);
  },
  timeoutMs,
);

// --- internal ---

const program = `
import sys
from openai import APIStatusError, OpenAI
client = OpenAI(base_url=sys.argv[1], api_key="any", max_retries=1)
try:
    client.audio.transcriptions.create(
        file=("a.wav", sys.stdin.buffer.read()), model="null:echo", prompt="sleep 2500; fail"
    )
except APIStatusError as error:
    print(type(error).__name__, error.status_code)
`;

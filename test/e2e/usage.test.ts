/**
 * Tests the member `usage` of responses. If the request names one of OpenAI's models gpt-..., `usage` counts tokens.
 * For other names, it counts seconds. For every kind of model, a json response and the last event of a stream contain
 * the same numbers.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { contractErrors } from "../contract/contract.ts";
import { levelSpeech } from "./level-speech.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(120_000);

const audioS = 4;
const file = levelSpeech([{ startS: 0.48, text: "abc" }], audioS);

interface Body {
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly segments?: readonly { readonly tokens: readonly number[] }[];
}

async function answer(server: TestServer, fields: Readonly<Record<string, string>>): Promise<Body> {
  const response = await server.post(formOf({ file, ...fields }));
  const body = (await response.json()) as Body;
  expect(response.status, JSON.stringify(body)).toBe(200);
  return body;
}

/** Returns the last event of a streamed response. */
async function lastEvent(
  server: TestServer,
  fields: Readonly<Record<string, string>>,
): Promise<Body> {
  const response = await server.post(formOf({ file, ...fields, stream: "true" }));
  const lines = (await response.text()).trim().split("\n\n");
  const last = JSON.parse(lines.at(-1)!.replace(/^data: /, "")) as Body;
  expect(contractErrors("TranscriptTextDoneEvent", last)).toBeNull();
  return last;
}

test.each([
  // The model echo has one token per byte. A space is added before the prompt "say hi", so this prompt has 7 tokens.
  ["null:echo", 50, { prompt: "say hi" }, 7],
  ["null:echo", 50, {}, 0],
  ["null:transducer", 12.5, {}, 0],
  ["null:streaming", 12.5, {}, 0],
] as const)(
  "%s: %d frames per second of audio, and the tokens of the prompt in %p",
  async (model, framesPerS, prompt, textTokens) => {
    await using server = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_DEFAULT_MODEL: model },
    });
    const counted = { model: "gpt-4o-transcribe", ...prompt };
    const json = await answer(server, counted);
    expect(contractErrors("CreateTranscriptionResponseJson", json)).toBeNull();
    const verbose = await answer(server, { ...counted, response_format: "verbose_json" });
    const output = verbose.segments!.flatMap(({ tokens }) => tokens).length;
    expect(output).toBeGreaterThan(0);
    const frames = framesPerS * audioS;
    expect(json.usage).toEqual({
      type: "tokens",
      input_tokens: textTokens + frames,
      input_token_details: { text_tokens: textTokens, audio_tokens: frames },
      output_tokens: output,
      total_tokens: textTokens + frames + output,
    });
    expect((await lastEvent(server, counted)).usage).toEqual(json.usage);

    const billed = { model: "whisper-1", ...prompt };
    const seconds = { type: "duration", seconds: audioS };
    expect((await answer(server, billed)).usage).toEqual(seconds);
    expect(verbose.usage).toEqual(seconds);
    expect(await lastEvent(server, billed)).not.toHaveProperty("usage");
  },
);

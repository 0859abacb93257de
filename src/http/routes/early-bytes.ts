/**
 * Sends the result of a transcription in one piece. If the transcription takes long, the response begins with spaces,
 * because proxies and clients close a connection on which nothing is sent. JSON allows spaces before its first value.
 */
import type { AsrError } from "../../errors.ts";
import type { Answer } from "../../jobs/answer.ts";
import type { Rejoin } from "../../jobs/rejoin.ts";
import { abortError } from "../../platform/abort.ts";
import { unlessLate } from "../../platform/late.ts";
import type { Config } from "../../settings/config.ts";
import { moveToStream } from "../response-end.ts";

export interface WholeResponse {
  readonly request: Request;
  /**
   * Resources of the request. If the response begins with spaces, the stream of the response disposes these resources
   * at its end.
   */
  readonly resources: AsyncDisposableStack;
  readonly contentType: string;
  /** Whether the response format allows spaces before the result. */
  readonly allowsSpaces: boolean;
  /** Identity of the upload. With it, a retry finds the result of the earlier request. */
  readonly uploadId: string;
  readonly rejoin: Rejoin;
  readonly config: Pick<Config, "earlyBytesS" | "streamPingS" | "rejoinSilenceS">;
  /** Records an error that occurs after the headers were sent. Returns the error for the client. */
  readonly fail: (error: unknown) => AsrError;
}

/**
 * Waits for the result of the transcription and returns the response. If the transcription fails before the first space
 * is sent, throws the error of the transcription, so that the response has the HTTP status of this error. If the
 * transcription fails later, closes the connection before the end of the body, and keeps the failure for a retry.
 */
export async function respondWith(answer: Answer, response: WholeResponse): Promise<Response> {
  const { resources, contentType, allowsSpaces, config } = response;
  const { text, noteByte } = whileConnected(answer, response);
  resources.defer(async () => void (await text.catch(() => null)));
  const isEarly = allowsSpaces && config.earlyBytesS > 0;
  const whole = isEarly ? await unlessLate(text, config.earlyBytesS * 1000) : await text;
  const headers = { "content-type": contentType };
  if (whole !== null) return new Response(whole, { headers });
  const end = await moveToStream(response.request, resources);
  const body = withSpaces({ ...response, answer, text, noteByte, end });
  // Without this header, nginx would collect the spaces instead of passing them on when they arrive.
  return new Response(body, { headers: { ...headers, "x-accel-buffering": "no" } });
}

// --- internal ---

/** The result of a transcription for the client of one request. */
interface Received {
  /**
   * Text of the response. If the client disconnects, this promise rejects. If the transcription continues without a
   * client, the promise rejects immediately. Otherwise it rejects after the transcription has stopped.
   */
  readonly text: Promise<string>;
  /** Call this each time a byte of the response is sent. */
  readonly noteByte: () => void;
}

/**
 * Waits for the result while the client is connected. When the client disconnects, the transcription usually stops. It
 * continues only if nothing was sent to the client for at least `rejoinSilenceS` seconds, because the client may then
 * send a retry.
 */
function whileConnected(
  answer: Answer,
  { request, rejoin, uploadId, config }: WholeResponse,
): Received {
  const { promise: left, reject } = Promise.withResolvers<never>();
  let lastByteMs = performance.now();
  const onLeave = () => {
    const silentMs = performance.now() - lastByteMs;
    if (!rejoin.isOn || silentMs < config.rejoinSilenceS * 1000) {
      answer.ticket.abort(abortError(request.signal));
      return;
    }
    rejoin.keep(uploadId, answer);
    reject(abortError(request.signal));
  };
  request.signal.addEventListener("abort", onLeave, { once: true });
  if (request.signal.aborted) onLeave();
  const text = Promise.race([answer.text, left]).finally(() =>
    request.signal.removeEventListener("abort", onLeave),
  );
  return { text, noteByte: () => (lastByteMs = performance.now()) };
}

async function* withSpaces({
  answer,
  text,
  noteByte,
  end,
  request,
  uploadId,
  rejoin,
  config,
  fail,
}: WholeResponse &
  Received & {
    readonly answer: Answer;
    readonly end: () => Promise<void>;
  }): AsyncGenerator<string, void> {
  try {
    for (;;) {
      yield " ";
      noteByte();
      const whole = await unlessLate(text, config.streamPingS * 1000);
      if (whole === null) continue;
      yield whole;
      return;
    }
  } catch (error) {
    const failure = fail(error);
    if (!request.signal.aborted) rejoin.keepFailure(uploadId, answer);
    // An error that the generator throws resets the connection. Therefore no client mistakes the spaces for a complete
    // response.
    throw failure;
  } finally {
    await end();
  }
}

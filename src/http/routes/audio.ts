/**
 * Handles requests with audio. The request gets a ticket, its audio is written to a spool file, the request waits in the
 * queue, and a job returns its transcript. The contract of a route defines the format of requests and responses.
 */
import { AsrError } from "../../errors.ts";
import type { Admission } from "../../jobs/admission.ts";
import { startAnswer } from "../../jobs/answer.ts";
import { collect } from "../../jobs/collect.ts";
import type { JobEvent } from "../../jobs/events.ts";
import { enforceDeadlines } from "../../jobs/deadlines.ts";
import type { ResolvedModel, Transcriber } from "../../jobs/job.ts";
import type { Lifecycle } from "../../jobs/lifecycle.ts";
import type { Rejoin } from "../../jobs/rejoin.ts";
import { enforceRequestedDeadline } from "../../jobs/requested-deadline.ts";
import type { Ticket } from "../../jobs/ticket.ts";
import { withWordTimes } from "../../jobs/word-times.ts";
import type { Log } from "../../log.ts";
import type { Metrics } from "../../metrics.ts";
import { abortError, unlessAborted } from "../../platform/abort.ts";
import { type Config, vadPreset } from "../../settings/config.ts";
import type { Spool, SpoolFile } from "../../spool/spool.ts";
import type { AudioContract, AudioReader, AudioRequest, ModelChoice } from "../audio-contract.ts";
import { announcedBytes, readMultipart } from "../body/multipart.ts";
import { readRawAudio } from "../body/raw-audio.ts";
import type { UploadOptions } from "../body/received-audio.ts";
import { isRetry, UploadIdentity } from "../body/upload-identity.ts";
import { keyHolder } from "../guards/api-key.ts";
import { clientAddress } from "../guards/client-address.ts";
import { recordError, unexpectedError } from "../guards/errors.ts";
import type { RateLimit } from "../guards/rate-limit.ts";
import { recordOf } from "../guards/request-log.ts";
import { openResources } from "../response-end.ts";
import { respondWith } from "./early-bytes.ts";
import { streamEvents } from "./events.ts";
import type { Plugin } from "../plugin.ts";
import { postRoute } from "./methods.ts";
import { recordEnd } from "./transcription-end.ts";

export interface AudioServices {
  readonly transcriber: Transcriber;
  readonly admission: Admission;
  readonly spool: Spool;
  readonly config: Config;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly rejoin: Rejoin;
  readonly log: Log;
  /** Rate limit that all audio routes share. */
  readonly rateLimit: RateLimit;
}

export function audioRoute(contract: AudioContract, services: AudioServices): Plugin {
  return postRoute(contract.path, async ({ request }) => {
    await using resources = openResources(request);
    const admitted = admit(request, { resources, contract }, services);
    const { ticket } = admitted;
    try {
      const received = await receive(request, admitted, services);
      if (received.parameters.stream) {
        const { streamPingS: pingS } = services.config;
        const fail = (error: unknown) => recordError(error, { request, log: services.log });
        const timeLeftS = () => services.admission.finishTimeOf(ticket);
        const options = { ...received.parameters, timeLeftS };
        const events = await transcribe(received, admitted, services);
        return await streamEvents({ events, options, request, ticket, resources, pingS, fail });
      }
      admitted.detach();
      return await answerWhole(request, { resources, received, admitted }, services);
    } catch (error) {
      // Throws the abort reason after an abort, because the abort has caused this error.
      throw ticket.signal.aborted ? abortError(ticket.signal) : error;
    }
  });
}

// --- internal ---

interface AdmitOptions {
  readonly resources: AsyncDisposableStack;
  readonly contract: AudioContract;
}

interface Received extends AudioRequest {
  /** Returns the model of the request. Throws AsrError when the request cannot use this model. */
  readonly model: () => Promise<ResolvedModel>;
  /** Identity of the upload (see `UploadIdentity`). */
  readonly uploadId: string;
  /** SHA-256 hash of the audio file. */
  readonly sha256: string;
}

interface Admitted {
  readonly client: string;
  readonly reader: AudioReader;
  /** Resources of the upload: the ticket and the audio file. */
  readonly upload: AsyncDisposableStack;
  readonly ticket: Ticket;
  readonly audio: SpoolFile;
  /**
   * Call this to continue without the client. After this call, a disconnect of the client does not abort the ticket.
   */
  readonly detach: () => void;
}

/** Runs all checks that do not need the body of the request. They run before any part of the body is read. */
function admit(
  request: Request,
  { resources, contract }: AdmitOptions,
  { admission, spool, config, lifecycle, metrics, rateLimit, log }: AudioServices,
): Admitted {
  const bytes = announcedBytes(request, config.uploadBytesMax);
  const client = keyHolder(request) ?? clientAddress(request, config.trustedProxyHops);
  rateLimit.take(client);
  const reader = contract.read(request, config);
  const upload = resources.use(new AsyncDisposableStack());
  const signal = lifecycle.ended;
  const ticket = upload.use(admission.enter({ client, signal, announcedBytes: bytes }));
  ticket.onStage((stage) => {
    if (stage === "done") recordEnd(ticket, recordOf(request).id, { metrics, log });
  });
  recordOf(request).ticket = ticket;
  const onLeave = () => ticket.abort(abortError(request.signal));
  request.signal.addEventListener("abort", onLeave, { once: true });
  if (request.signal.aborted) onLeave();
  const retryAfterS = () => admission.retryAfterS;
  enforceDeadlines(ticket, { ...config, retryAfterS });
  const audio = upload.use(spool.file({ bytes, retryAfterS }));
  const detach = () => request.signal.removeEventListener("abort", onLeave);
  return { client, reader, upload, ticket, audio, detach };
}

async function receive(
  request: Request,
  { client, reader, ticket, audio }: Admitted,
  { transcriber, admission, config }: AudioServices,
): Promise<Received> {
  const { pathname, search } = new URL(request.url);
  const identity = new UploadIdentity(client, pathname + search);
  const refused = new AbortController();
  const resolve = async ({ model: name, task }: ModelChoice): Promise<ResolvedModel> => {
    const found = await transcriber.resolve(name, "client", { signal: ticket.signal, task });
    admission.chooseModel(ticket, found);
    return found;
  };
  let model: Promise<ResolvedModel> | null = null;
  // Checks the model as soon as the request names it. If the model is rejected or its queue is full, the upload ends
  // immediately.
  const checkModel = () => {
    if (model !== null || reader.choice === null) return;
    model = resolve(reader.choice);
    model.catch((error: unknown) =>
      refused.abort(error instanceof AsrError ? error : unexpectedError(error)),
    );
  };
  const { part, header } = reader.body;
  const options: UploadOptions = {
    file: audio,
    header,
    fileBytesMax: config.uploadBytesMax,
    uploadLimits: {
      idleS: config.uploadIdleS,
      timeoutS: config.uploadTimeoutS,
      bytesPerSMin: config.uploadRateMin,
    },
    arrival: ticket.arrival,
    signal: AbortSignal.any([ticket.signal, refused.signal]),
  };
  const onField = (name: string, value: string) => {
    reader.addField(name, value);
    identity.addField(name, value);
    checkModel();
  };
  checkModel();
  const sha256 =
    part === null
      ? await readRawAudio(request, options)
      : await readMultipart(request, { ...options, part, onField });
  const { parameters, output } = reader.finish(vadPreset(config));
  const choice = { model: parameters.model, task: parameters.options.task };
  return {
    parameters,
    output,
    model: () => unlessAborted(model ?? resolve(choice), ticket.signal),
    uploadId: identity.finish(sha256),
    sha256,
  };
}

/**
 * Puts the transcription in the queue and returns its events. The transcription starts when the first event is read.
 */
async function transcribe(
  { parameters, output, model: resolve }: Received,
  { ticket, audio }: Admitted,
  { transcriber, admission }: AudioServices,
): Promise<AsyncIterable<JobEvent>> {
  const { deadlineS } = parameters;
  if (deadlineS !== null) {
    enforceRequestedDeadline(ticket, { deadlineS, speed: () => admission.measuredSpeed });
  }
  const model = await resolve();
  admission.queue(ticket);
  return transcriber.transcribe({
    model,
    origin: "client",
    client: ticket.client,
    audioPath: audio.path,
    options: output.usesWordTimes ? withWordTimes(parameters.options, model) : parameters.options,
    keepAliveS: parameters.keepAliveS,
    deadlineMs: deadlineS === null ? undefined : Date.now() + (deadlineS - ticket.totalS) * 1000,
    leftOut: parameters.leftOut,
    signal: ticket.signal,
  });
}

interface Whole {
  readonly resources: AsyncDisposableStack;
  readonly received: Received;
  readonly admitted: Admitted;
}

/**
 * Sends the whole transcript in one response. If the request is a retry, the server may have kept the transcription of
 * an earlier request with the same upload. The response then contains the result of this transcription.
 */
async function answerWhole(
  request: Request,
  { resources, received, admitted }: Whole,
  services: AudioServices,
): Promise<Response> {
  const { rejoin, config, log } = services;
  const { uploadId } = received;
  const record = recordOf(request);
  const kept = isRetry(request) ? rejoin.take(uploadId) : null;
  if (kept !== null) {
    record.joined = kept;
    await admitted.upload.disposeAsync();
  }
  const { ticket } = admitted;
  const answer =
    kept ??
    startAnswer({ requestId: record.id, ticket }, admitted.upload, async () => {
      const events = await transcribe(received, admitted, services);
      let channels = 1;
      const transcript = await collect(events, (event) => {
        if (event.type === "progress") channels = event.passes ?? channels;
        return ticket.note(event);
      });
      const facts = {
        requestId: record.id,
        sha256: received.sha256,
        model: ticket.model,
        channels,
      };
      return received.output.render(transcript, facts);
    });
  const { contentType, allowsSpaces } = received.output;
  const fail = (error: unknown) => recordError(error, { request, log });
  const whole = { request, resources, contentType, allowsSpaces, uploadId, rejoin, config, fail };
  return await respondWith(answer, whole);
}

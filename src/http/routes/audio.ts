/**
 * POST /v1/audio/transcriptions and POST /v1/audio/translations. The request gets a ticket, its audio is written to a
 * spool file, it waits in the queue, and a job returns its transcript.
 */
import { Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import type { Admission } from "../../jobs/admission.ts";
import { collect } from "../../jobs/collect.ts";
import type { JobEvent } from "../../jobs/events.ts";
import { enforceDeadlines } from "../../jobs/deadlines.ts";
import type { ResolvedModel, Transcriber } from "../../jobs/job.ts";
import type { Lifecycle } from "../../jobs/lifecycle.ts";
import type { Ticket } from "../../jobs/ticket.ts";
import { withWordTimes } from "../../jobs/word-times.ts";
import type { Log } from "../../log.ts";
import { abortError, unlessAborted } from "../../platform/abort.ts";
import { type Config, vadPreset } from "../../settings/config.ts";
import type { Spool, SpoolFile } from "../../spool/spool.ts";
import { formats } from "../../transcript/format.ts";
import type { Task } from "../../transcript/transcript.ts";
import { paths } from "../body/field-tables.ts";
import { announcedBytes, readMultipart } from "../body/multipart.ts";
import { rejectQuery } from "../body/query-parameters.ts";
import { TranscriptionForm, type TranscriptionRequest } from "../body/transcription-form.ts";
import { keyHolder } from "../guards/api-key.ts";
import { clientAddress } from "../guards/client-address.ts";
import { recordError, unexpectedError } from "../guards/errors.ts";
import type { RateLimit } from "../guards/rate-limit.ts";
import { recordOf } from "../guards/request-log.ts";
import { openResources } from "../response-end.ts";
import { streamEvents } from "./events.ts";
import { onlyMethods } from "./methods.ts";

interface Services {
  readonly transcriber: Transcriber;
  readonly admission: Admission;
  readonly spool: Spool;
  readonly config: Config;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
}

export interface AudioRoute {
  readonly task: Task;
  /** Rate limit that all audio routes share. */
  readonly rateLimit: RateLimit;
}

export function audioRoute({ task, rateLimit }: AudioRoute, services: Services) {
  const path = paths[task];
  return new Elysia({ name: path })
    .post(path, async ({ request, set }) => {
      await using resources = openResources(request);
      const { ticket, audio } = admit(request, { resources, rateLimit }, services);
      try {
        const { parameters, model } = await receive(request, { task, ticket, audio }, services);
        services.admission.queue(ticket);
        const events = transcribe({ parameters, model }, { ticket, audio }, services);
        if (parameters.stream) {
          const { streamPingS: pingS } = services.config;
          const fail = (error: unknown) => recordError(error, { request, log: services.log });
          const { extras } = parameters;
          return await streamEvents({ events, extras, request, ticket, resources, pingS, fail });
        }
        const transcript = await collect(events, (event) => ticket.note(event));
        set.headers["content-type"] = formats[parameters.format].contentType;
        const { format, granularities, cueLimits, extras } = parameters;
        return formats[format].render(transcript, granularities, cueLimits, extras);
      } catch (error) {
        // After an abort, throw the abort reason, because the abort has caused this error.
        throw ticket.signal.aborted ? abortError(ticket.signal) : error;
      }
    })
    .all(path, onlyMethods("POST"));
}

// --- internal ---

interface AdmitOptions {
  readonly resources: AsyncDisposableStack;
  readonly rateLimit: RateLimit;
}

interface Received {
  readonly parameters: TranscriptionRequest;
  readonly model: ResolvedModel;
}

interface Admitted {
  readonly ticket: Ticket;
  readonly audio: SpoolFile;
}

/** Runs all checks that do not need the body. They run before any part of the body is read. */
function admit(
  request: Request,
  { resources, rateLimit }: AdmitOptions,
  { admission, spool, config, lifecycle }: Services,
): Admitted {
  const bytes = announcedBytes(request, config.uploadBytesMax);
  const client = keyHolder(request) ?? clientAddress(request, config.trustedProxyHops);
  rateLimit.take(client);
  rejectQuery(request);
  const signal = AbortSignal.any([request.signal, lifecycle.ended]);
  const ticket = resources.use(admission.enter({ client, signal, announcedBytes: bytes }));
  recordOf(request).ticket = ticket;
  const retryAfterS = () => admission.retryAfterS;
  enforceDeadlines(ticket, { ...config, retryAfterS });
  return { ticket, audio: resources.use(spool.file({ bytes, retryAfterS })) };
}

async function receive(
  request: Request,
  { task, ticket, audio }: Admitted & Pick<AudioRoute, "task">,
  { transcriber, admission, config }: Services,
): Promise<Received> {
  const form = new TranscriptionForm(task);
  const refused = new AbortController();
  const resolve = async (name: string | null): Promise<ResolvedModel> => {
    const found = await transcriber.resolve(name, "client", { signal: ticket.signal, task });
    admission.chooseModel(ticket, found);
    return found;
  };
  let model: Promise<ResolvedModel> | null = null;
  await readMultipart(request, {
    file: audio,
    fileBytesMax: config.uploadBytesMax,
    uploadLimits: {
      idleS: config.uploadIdleS,
      timeoutS: config.uploadTimeoutS,
      bytesPerSMin: config.uploadRateMin,
    },
    arrival: ticket.arrival,
    signal: AbortSignal.any([ticket.signal, refused.signal]),
    onField(name, value) {
      form.add(name, value);
      // Ends the upload immediately when the model is rejected or its queue is full.
      if (name !== "model") return;
      model = resolve(form.model);
      model.catch((error: unknown) =>
        refused.abort(error instanceof AsrError ? error : unexpectedError(error)),
      );
    },
  });
  const parameters = form.finish(vadPreset(config));
  const resolved = model ?? resolve(null);
  return { parameters, model: await unlessAborted(resolved, ticket.signal) };
}

function transcribe(
  { parameters, model }: Received,
  { ticket, audio }: Admitted,
  { transcriber }: Services,
): AsyncIterable<JobEvent> {
  return transcriber.transcribe({
    model,
    origin: "client",
    audioPath: audio.path,
    options:
      parameters.cueLimits === null ? parameters.options : withWordTimes(parameters.options, model),
    keepAliveS: parameters.keepAliveS,
    leftOut: parameters.leftOut,
    signal: ticket.signal,
  });
}

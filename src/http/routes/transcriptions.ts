/** POST /v1/audio/transcriptions: a place in the queue, the form to a spool file, a job, its transcript. */
import { Elysia } from "elysia";
import type { Admission, Place } from "../../jobs/admission.ts";
import { AsrError } from "../../errors.ts";
import { type Config, vadPreset } from "../../settings/config.ts";
import { formats } from "../../transcript/format.ts";
import type { ResolvedModel, Transcriber } from "../../jobs/job.ts";
import type { Lifecycle } from "../../jobs/lifecycle.ts";
import type { Spool, SpoolFile } from "../../spool/spool.ts";
import type { Transcript } from "../../transcript/transcript.ts";
import { recordOf } from "../guards/request-log.ts";
import { keyHolder } from "../guards/api-key.ts";
import { clientAddress } from "../guards/client-address.ts";
import { onlyMethod, unforeseen } from "../guards/errors.ts";
import { JobClock } from "../../jobs/job-clock.ts";
import { announcedBytes, readMultipart } from "../body/multipart.ts";
import { RateLimit } from "../guards/rate-limit.ts";
import { TranscriptionForm, type TranscriptionRequest } from "../body/transcription-form.ts";

interface Services {
  readonly transcriber: Transcriber;
  readonly admission: Admission;
  readonly spool: Spool;
  readonly config: Config;
  readonly lifecycle: Lifecycle;
}

export function transcriptions(services: Services) {
  const { admission, spool, config } = services;
  const path = "/v1/audio/transcriptions";
  const rateLimit = new RateLimit(config.ratePerMinuteMax);
  return new Elysia({ name: "transcriptions" })
    .post(path, async ({ request, set }) => {
      // What can be refused now is refused before a byte of the body is read.
      const bytes = announcedBytes(request, config.uploadBytesMax);
      rateLimit.take(keyHolder(request) ?? clientAddress(request, config.trustedProxyHops));
      using place = admission.enter();
      await using audio = spool.file({ bytes, retryAfterS: () => admission.retryAfterS });
      const { asked, model } = await receive(request, audio, services);
      Object.assign(recordOf(request), { model: model.id, backend: model.backend });
      const transcript = await transcribe(request, { asked, model, audio, place }, services);
      set.headers["content-type"] = formats[asked.format].contentType;
      return formats[asked.format].render(transcript, asked.granularities);
    })
    .all(path, onlyMethod("POST"));
}

// --- internal ---

async function receive(
  request: Request,
  audio: SpoolFile,
  { transcriber, config, lifecycle }: Services,
): Promise<{ readonly asked: TranscriptionRequest; readonly model: ResolvedModel }> {
  const startMs = performance.now();
  const form = new TranscriptionForm();
  const refused = new AbortController();
  let model: Promise<ResolvedModel> | null = null;
  try {
    await readMultipart(request, {
      file: audio,
      fileBytesMax: config.uploadBytesMax,
      uploadLimits: {
        idleS: config.uploadIdleS,
        timeoutS: config.uploadTimeoutS,
        bytesPerSMin: config.uploadRateMin,
      },
      ended: AbortSignal.any([lifecycle.ended, refused.signal]),
      onField(name, value) {
        form.add(name, value);
        // A model that is refused should not cost the client the rest of its upload.
        if (name !== "model") return;
        model = transcriber.resolve(form.model, "client");
        model.catch((error: unknown) =>
          refused.abort(error instanceof AsrError ? error : unforeseen(error)),
        );
      },
    });
  } finally {
    recordOf(request).uploadS = (performance.now() - startMs) / 1000;
  }
  const asked = form.finish(vadPreset(config));
  return { asked, model: await (model ?? transcriber.resolve(null, "client")) };
}

interface Received {
  readonly asked: TranscriptionRequest;
  readonly model: ResolvedModel;
  readonly audio: SpoolFile;
  readonly place: Place;
}

async function transcribe(
  request: Request,
  { asked, model, audio, place }: Received,
  { transcriber, admission, config }: Services,
): Promise<Transcript> {
  const record = recordOf(request);
  using clock = new JobClock({
    client: request.signal,
    queueTimeoutS: config.queueTimeoutS,
    transcribeTimeoutS: config.transcribeTimeoutS,
    retryAfterS: () => admission.retryAfterS,
  });
  place.wait();
  try {
    const transcript = await transcriber.transcribe({
      model,
      origin: "client",
      audioPath: audio.path,
      options: asked.options,
      signal: clock.signal,
      onStart() {
        clock.work();
        place.work();
        record.queueS ??= clock.waitedS;
      },
      onProgress: (progress) => place.advance(progress),
      onWork: (work) => Object.assign(record, work),
    });
    place.finish();
    record.audioS = transcript.durationS;
    return transcript;
  } catch (error) {
    // Who never had a turn waited all the same.
    record.queueS ??= clock.waitedS;
    throw clock.explain(error);
  }
}

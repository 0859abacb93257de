/** POST /v1/audio/transcriptions. */
import { Elysia } from "elysia";
import { type Config, type VadConfig, vadPreset } from "../config.ts";
import { formats } from "../format.ts";
import type { Transcriber } from "../job.ts";
import type { Spool } from "../spool.ts";
import { noteAudio } from "./access.ts";
import { onlyMethod } from "./errors.ts";
import { readMultipart } from "./multipart.ts";
import { TranscriptionForm } from "./transcription-form.ts";

interface Services {
  readonly transcriber: Transcriber;
  readonly spool: Spool;
  readonly config: Pick<Config, "uploadBytesMax" | "uploadIdleS"> & VadConfig;
}

export function transcriptions({ transcriber, spool, config }: Services) {
  const path = "/v1/audio/transcriptions";
  const vad = vadPreset(config);
  return new Elysia({ name: "transcriptions" })
    .post(path, async ({ request, set }) => {
      await using audio = spool.file();
      const form = new TranscriptionForm();
      await readMultipart(request, {
        file: audio,
        fileBytesMax: config.uploadBytesMax,
        idleS: config.uploadIdleS,
        onField(name, value) {
          form.add(name, value);
          // A model that is refused should not cost the client the rest of its upload.
          if (name === "model") transcriber.check(form.model, "client");
        },
      });
      const { model, format, granularities, options } = form.finish(vad);
      transcriber.check(model, "client");
      const transcript = await transcriber.transcribe({
        model,
        origin: "client",
        audioPath: audio.path,
        options,
        signal: request.signal,
      });
      noteAudio(request, transcript.durationS);
      set.headers["content-type"] = formats[format].contentType;
      return formats[format].render(transcript, granularities);
    })
    .all(path, onlyMethod("POST"));
}

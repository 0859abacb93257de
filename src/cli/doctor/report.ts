/**
 * Defines the format of the report of `doctor`. `doctor --json` prints a report in this format. `doctor --schema`
 * prints the definition of the format. If a later version of the program only adds fields, the number in `schema` stays
 * the same. Any other change of the fields increases this number.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";

const nullable = <T extends TSchema>(type: T) => Type.Union([type, Type.Null()]);

/**
 * `ok`: works. `note`: works, but the operator should know something. `problem`: prevents transcriptions, or the start
 * of the server.
 */
const status = Type.Union([Type.Literal("ok"), Type.Literal("note"), Type.Literal("problem")]);

const finding = Type.Object({
  /** Name of the check that made this finding. One check can make several findings. */
  check: Type.String(),
  status,
  text: Type.String(),
  /** What the operator can do about the finding. Null when nothing needs to be done. */
  remedy: nullable(Type.String()),
});

const system = Type.Object({
  os: Type.String(),
  kernel: Type.String(),
  arch: Type.String(),
  /** Version of glibc. Null on a system without glibc. */
  glibc: nullable(Type.String()),
});

const cpu = Type.Object({
  name: Type.String(),
  physical_cores: Type.Integer(),
  threads: Type.Integer(),
  /** CPU features that decide which build of the engines runs, with the names that Linux uses. */
  features: Type.Array(Type.String()),
  /**
   * The executable can contain several builds of the engines, one for each CPU level. This field is the level of the
   * build that runs on this CPU. Null when the executable contains only one build.
   */
  level: nullable(Type.String()),
});

const memory = Type.Object({
  total_bytes: Type.Number(),
  available_bytes: Type.Number(),
  /** Memory limit of the container or of the system service, in bytes. Null when there is none. */
  limit_bytes: nullable(Type.Number()),
  /** Memory that all models together may use, in bytes. */
  models_bytes: Type.Number(),
});

const gpu = Type.Object({
  name: Type.String(),
  /** Ids of the backends that use this GPU. */
  used_by: Type.Array(Type.String()),
  /** Reason why no backend uses this GPU. Null when at least one backend uses it. */
  unused_because: nullable(Type.String()),
});

const folder = Type.Object({
  purpose: Type.Union([
    Type.Literal("libraries"),
    Type.Literal("models"),
    Type.Literal("uploads"),
    Type.Literal("model_dir"),
  ]),
  /** Path of the folder. The report contains "~" in place of the home folder. */
  path: Type.String(),
  exists: Type.Boolean(),
  writable: Type.Boolean(),
  /**
   * Whether only this user and the administrator can change the folder. Null for a folder that is not required to be
   * protected.
   */
  trusted: nullable(Type.Boolean()),
  free_bytes: nullable(Type.Number()),
});

const ffmpeg = Type.Object({
  path: Type.String(),
  /** Version of ffmpeg. Null when the program does not print its version. */
  version: nullable(Type.String()),
  /** The commands that use ffmpeg. */
  used_by: Type.Array(Type.String()),
});

const backend = Type.Object({
  id: Type.String(),
  ready: Type.Boolean(),
  unavailable: nullable(Type.String()),
  devices: Type.Array(Type.String()),
  /** Reason why the backend cannot use a GPU. Null when the backend can use a GPU or is not available. */
  no_gpu_because: nullable(Type.String()),
});

const model = Type.Object({
  name: Type.String(),
  backend: Type.String(),
  device: Type.Union([Type.Literal("cpu"), Type.Literal("gpu")]),
  weights_bytes: Type.Number(),
  memory_bytes_min: Type.Number(),
  /** Name of a model that is better for this machine. Null when there is none. */
  recommended: nullable(Type.String()),
});

const calibration = Type.Object({
  model: Type.String(),
  backend: Type.String(),
  /** Number format that the operator has set. Null when the backend chose it. */
  compute_type: nullable(Type.String()),
  /** Number of workers that a server uses for the model. */
  workers: Type.Integer(),
  /** Number of workers that the server would use without the measurement. */
  workers_max: Type.Integer(),
  /** Seconds of audio that the model transcribed per second with each number of workers. */
  rates: Type.Array(Type.Object({ workers: Type.Integer(), audio_s_per_s: Type.Number() })),
  /** Time of the measurement in the form of ISO 8601. */
  measured_at: Type.String(),
});

const settings = Type.Object({
  /** Settings that do not have their default value. The report contains their names, but not their values. */
  set: Type.Array(
    Type.Object({
      /** Name of the environment variable of the setting. */
      variable: Type.String(),
      source: Type.Union([
        Type.Literal("default"),
        Type.Literal("environment"),
        Type.Literal("file"),
        Type.Literal("flag"),
      ]),
    }),
  ),
  requests_max: Type.Integer(),
  open_files_max: nullable(Type.Integer()),
});

const network = Type.Object({
  /** Host name of the hub from which models are downloaded. */
  hub: Type.String(),
  reachable: Type.Boolean(),
  /**
   * Whether the hub accepts the token. Null when no token is set, or when the response of the hub does not depend on
   * the token.
   */
  token_valid: nullable(Type.Boolean()),
});

export const doctorReport = Type.Object({
  schema: Type.Literal(1),
  version: Type.String(),
  /** True if no finding has the status `problem`. */
  ok: Type.Boolean(),
  findings: Type.Array(finding),
  /** Facts about the machine. Each field below that can be null is null when its facts could not be determined. */
  system: nullable(system),
  cpu: nullable(cpu),
  memory: nullable(memory),
  gpus: nullable(Type.Array(gpu)),
  folders: Type.Array(folder),
  /** The ffmpeg that decodes formats that the program does not support. Null when none is installed or allowed. */
  ffmpeg: nullable(ffmpeg),
  backends: nullable(Type.Array(backend)),
  model: nullable(model),
  /** The stored measurements of this version of the program on this machine. */
  calibrations: nullable(Type.Array(calibration)),
  settings: nullable(settings),
  network: nullable(network),
});

export type DoctorReport = Static<typeof doctorReport>;
export type Finding = Static<typeof finding>;
export type Facts = Omit<DoctorReport, "schema" | "version" | "ok" | "findings">;

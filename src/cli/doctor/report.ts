/**
 * Defines the report of `doctor`, which `doctor --json` prints. `doctor --schema` prints this definition. Later versions
 * of the program may add fields. A change of a field increases `schema`.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";

const nullable = <T extends TSchema>(type: T) => Type.Union([type, Type.Null()]);

/**
 * `ok`: works. `note`: works, but the operator should know something. `problem`: prevents transcriptions, or the start
 * of the server.
 */
const status = Type.Union([Type.Literal("ok"), Type.Literal("note"), Type.Literal("problem")]);

const finding = Type.Object({
  /** Subject of the check. Several findings can have the same subject. */
  check: Type.String(),
  status,
  text: Type.String(),
  /** What the operator can do. Null when nothing needs to be done. */
  remedy: nullable(Type.String()),
});

const system = Type.Object({
  os: Type.String(),
  kernel: Type.String(),
  arch: Type.String(),
  /** Version of glibc. Null on other systems. */
  glibc: nullable(Type.String()),
});

const cpu = Type.Object({
  name: Type.String(),
  physical_cores: Type.Integer(),
  threads: Type.Integer(),
  /** Features that decide which build of the engines runs, with the names that Linux uses. */
  features: Type.Array(Type.String()),
  /** CPU level of the engines' build. Null when the executable has only one build. */
  level: nullable(Type.String()),
});

const memory = Type.Object({
  total_bytes: Type.Number(),
  available_bytes: Type.Number(),
  /** Memory limit of the container or service. Null when there is none. */
  limit_bytes: nullable(Type.Number()),
  /** Memory that models may use. */
  models_bytes: Type.Number(),
});

const gpu = Type.Object({
  name: Type.String(),
  /** Backends that use this GPU. */
  used_by: Type.Array(Type.String()),
  /** Reason why no backend uses it. Null when one does. */
  unused_because: nullable(Type.String()),
});

const folder = Type.Object({
  purpose: Type.Union([
    Type.Literal("libraries"),
    Type.Literal("models"),
    Type.Literal("uploads"),
    Type.Literal("model_dir"),
  ]),
  /** Path of the folder. The home folder is written as "~". */
  path: Type.String(),
  exists: Type.Boolean(),
  writable: Type.Boolean(),
  /** Whether other users cannot change the folder. Null for a folder that other users may change. */
  trusted: nullable(Type.Boolean()),
  free_bytes: nullable(Type.Number()),
});

const backend = Type.Object({
  id: Type.String(),
  ready: Type.Boolean(),
  unavailable: nullable(Type.String()),
  devices: Type.Array(Type.String()),
  /** Reason why the backend cannot use a GPU. Null when it can, or when the backend is not available. */
  no_gpu_because: nullable(Type.String()),
});

const model = Type.Object({
  name: Type.String(),
  backend: Type.String(),
  device: Type.Union([Type.Literal("cpu"), Type.Literal("gpu")]),
  weights_bytes: Type.Number(),
  memory_bytes_min: Type.Number(),
  /** Name of a better model for this machine. Null when there is none. */
  recommended: nullable(Type.String()),
});

const settings = Type.Object({
  /** Settings that do not have their default. The report does not contain their values. */
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
  /** Host of the hub. */
  hub: Type.String(),
  reachable: Type.Boolean(),
  /** Whether the hub accepts the token. Null without a token, or when the hub did not say. */
  token_valid: nullable(Type.Boolean()),
});

export const doctorReport = Type.Object({
  schema: Type.Literal(1),
  version: Type.String(),
  /** Whether no finding is a problem. */
  ok: Type.Boolean(),
  findings: Type.Array(finding),
  /** The facts. Each of them is null when it could not be determined. */
  system: nullable(system),
  cpu: nullable(cpu),
  memory: nullable(memory),
  gpus: nullable(Type.Array(gpu)),
  folders: Type.Array(folder),
  backends: nullable(Type.Array(backend)),
  model: nullable(model),
  settings: nullable(settings),
  network: nullable(network),
});

export type DoctorReport = Static<typeof doctorReport>;
export type Finding = Static<typeof finding>;
export type Facts = Omit<DoctorReport, "schema" | "version" | "ok" | "findings">;

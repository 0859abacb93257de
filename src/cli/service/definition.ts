/** Describes a service, and the program of the system that manages it. */

/** Name of the service. */
export const serviceName = "open-asr-server";

interface ServiceDefinition {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The folder in which the program runs. Relative paths in the arguments start there. */
  readonly folder: string;
  /** Number of seconds after a stop signal within which the server ends by itself. */
  readonly stopS: number;
}

/** A program that manages the services of one user. The methods throw AsrError when the program fails. */
export interface ServiceManager {
  readonly name: string;
  /** Path of the file that defines the service. */
  readonly path: string;
  /** Returns the content of the file. */
  text(definition: ServiceDefinition): string;
  /** Starts the service of the file now and at each login. Starts it again when it already runs. */
  start(): Promise<void>;
  /** Stops the service, and does not start it at login any more. Returns after the server has ended. */
  stop(): Promise<void>;
  /** Called after the file was removed. */
  forget(): Promise<void>;
  isRunning(): Promise<boolean>;
  /** Command that shows the log of the server. */
  readonly logCommand: string;
  /** Advice for the user after the installation. */
  readonly advice: readonly string[];
}

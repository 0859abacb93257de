/** A load that a runner gave up with a message, as of a damaged file: it fails again until the files change. */
import { AsrError } from "../errors.ts";

export class LoadRejected extends AsrError {}

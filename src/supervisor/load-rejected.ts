/**
 * A runner could not load its model and sent a message, for example about a damaged file. Another load fails in the
 * same way until the files change.
 */
import { AsrError } from "../errors.ts";

export class LoadRejected extends AsrError {}

/**
 * The error when a runner reports that it cannot load its model, for example because a file is damaged. Another load
 * would fail in the same way until the files change.
 */
import { AsrError } from "../errors.ts";

export class LoadRejected extends AsrError {}

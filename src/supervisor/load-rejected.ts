/**
 * Defines the error for a runner that reports that it cannot load its model, for example because a file is damaged.
 * Until the files change, loading would fail in the same way again.
 */
import { AsrError } from "../errors.ts";

export class LoadRejected extends AsrError {}

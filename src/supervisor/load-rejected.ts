/**
 * Defines the error for a model that cannot be loaded, for example because a file is damaged. The runner reports this
 * error. Until the files change, the error would occur again.
 */
import { AsrError } from "../errors.ts";

export class LoadRejected extends AsrError {}

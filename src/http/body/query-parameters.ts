/** Rejects query parameters, because the options of a transcription must be fields of the form. */
import { AsrError } from "../../errors.ts";
import { shown } from "./field-value.ts";
import { baseName, isFieldName } from "./form-fields.ts";

export function rejectQuery(request: Request): void {
  const [name] = new URL(request.url).searchParams.keys();
  if (name === undefined) return;
  const what = `Cannot use the query parameter ${shown(name)}`;
  const message = isFieldName(baseName(name))
    ? `${what}: send it as the form field ${shown(name)}`
    : `${what}: expected none; options are form fields`;
  throw new AsrError("invalid_request", message, { param: name.slice(0, 100) });
}

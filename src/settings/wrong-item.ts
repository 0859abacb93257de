/** Completes the error message about a list: names the invalid item. */
import { withoutPassword } from "../models/hub/shown-url.ts";
import type { Setting } from "./setting.ts";

/**
 * Returns the end of the error message, which names the first invalid item. If the setting is secret, the text contains
 * only the position of the item. Returns an empty text when no item is invalid.
 */
export function wrongItemText(
  { value, secret }: Setting<unknown>,
  items: readonly string[],
): string {
  const wrong = value.wrongItem?.(items) ?? null;
  if (wrong === null) return "";
  return `; ${secret === true ? `item ${wrong.position}` : `"${withoutPassword(wrong.item)}"`} is not valid`;
}

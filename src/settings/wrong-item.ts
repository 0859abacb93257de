/** Adds the invalid item to the error message about a list. */
import { withoutPassword } from "../models/hub/shown-url.ts";
import type { Setting } from "./setting.ts";

/**
 * Returns the end of the error message, which names the first invalid item; empty when no item is invalid. Does not
 * show an item that is secret.
 */
export function wrongItemText(
  { value, secret }: Setting<unknown>,
  items: readonly string[],
): string {
  const wrong = value.wrongItem?.(items) ?? null;
  if (wrong === null) return "";
  return `; ${secret === true ? `item ${wrong.position}` : `"${withoutPassword(wrong.item)}"`} is not valid`;
}

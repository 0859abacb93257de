/**
 * Describes the values that a schema accepts, for error messages and docs/api.md. The description is empty when the
 * schema accepts no value.
 */
import type { TSchema } from "@sinclair/typebox";

export function expectedValues(schema: TSchema): string {
  if (schema["not"] !== undefined) return "";
  if (schema["const"] !== undefined) return String(schema["const"]);
  if (schema["anyOf"] !== undefined) {
    return `one of ${schema["anyOf"].map(expectedValues).join(", ")}`;
  }
  switch (schema["type"]) {
    case "number":
      return `a number from ${schema["minimum"]} to ${schema["maximum"]}`;
    case "integer":
      return `a whole number from ${schema["minimum"]} to ${schema["maximum"]}`;
    case "boolean":
      return "true or false";
    case "array":
      return `up to ${schema["maxItems"]} items, each ${expectedValues(schema["items"])}`;
    default:
      return schema["maxLength"] === undefined
        ? "text"
        : `text of at most ${schema["maxLength"]} characters`;
  }
}

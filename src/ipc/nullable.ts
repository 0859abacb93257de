/** Defines the schema of a value that may be null. */
import { type TSchema, Type } from "@sinclair/typebox";

export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

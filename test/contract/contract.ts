/** Checks responses against the schema that OpenAI publishes. */
import { Ajv2020 } from "ajv/dist/2020.js";
import document from "./openai-audio.openapi.json";

export type ContractSchema = keyof typeof document.components.schemas;

/** Returns a text with the differences between a response and a schema of the contract. Null if there are none. */
export function contractErrors(schema: ContractSchema, answer: unknown): string | null {
  const check = ajv.compile({ $ref: `openai#/components/schemas/${schema}` });
  return check(answer) ? null : ajv.errorsText(check.errors);
}

/** Returns the names of the members of a schema of the contract. */
export function contractMembers(schema: ContractSchema): string[] {
  const { properties = {} } = document.components.schemas[schema] as { properties?: object };
  return Object.keys(properties);
}

// --- internal ---

// Ignores keywords and formats of OpenAPI ("double", "unixtime"), because JSON Schema cannot check them.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, "openai");

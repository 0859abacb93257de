/** Checks responses against OpenAI's published schema. */
import { Ajv2020 } from "ajv/dist/2020.js";
import document from "./openai-audio.openapi.json";

export type ContractSchema = keyof typeof document.components.schemas;

/** The violations of a schema of the contract; null if there are none. */
export function contractErrors(schema: ContractSchema, answer: unknown): string | null {
  const check = ajv.compile({ $ref: `openai#/components/schemas/${schema}` });
  return check(answer) ? null : ajv.errorsText(check.errors);
}

// --- internal ---

// Ignores OpenAPI's own keywords and formats ("double", "unixtime"), which JSON Schema cannot check.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, "openai");

/** OpenAI's published contract as checks of answers. */
import { Ajv2020 } from "ajv/dist/2020.js";
import document from "./openai-audio.openapi.json";

export type ContractSchema = keyof typeof document.components.schemas;

/** What an answer breaks of a schema of the contract; null: nothing. */
export function contractErrors(schema: ContractSchema, answer: unknown): string | null {
  const check = ajv.compile({ $ref: `openai#/components/schemas/${schema}` });
  return check(answer) ? null : ajv.errorsText(check.errors);
}

// --- internal ---

// OpenAPI's own keywords and formats ("double", "unixtime") say nothing that JSON Schema could check.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, "openai");

/** Builds parts of the OpenAPI document that several sections use. */

export function json(schema: object) {
  return { "application/json": { schema } };
}

export function reference(schema: string) {
  return { $ref: `#/components/schemas/${schema}` };
}

/**
 * Describes a stream of server-sent events. The field `data` of each event contains JSON, and `schema` is the schema of
 * this JSON.
 */
export function eventStream(schema: object, description: string) {
  const data = { type: "string", contentMediaType: "application/json", contentSchema: schema };
  return {
    "text/event-stream": {
      schema: { type: "object", description, properties: { data }, required: ["data"] },
    },
  };
}

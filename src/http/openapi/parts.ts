/** Builds the small parts of the OpenAPI document that all of its sections use. */

export function json(schema: object) {
  return { "application/json": { schema } };
}

export function reference(schema: string) {
  return { $ref: `#/components/schemas/${schema}` };
}

/** Describes a stream of server-sent events: one event, whose `data` is the JSON of the schema. */
export function eventStream(schema: object, description: string) {
  const data = { type: "string", contentMediaType: "application/json", contentSchema: schema };
  return {
    "text/event-stream": {
      schema: { type: "object", description, properties: { data }, required: ["data"] },
    },
  };
}

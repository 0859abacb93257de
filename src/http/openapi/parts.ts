/** Builds parts of the OpenAPI document that several sections use. */

export function json(schema: object) {
  return { "application/json": { schema } };
}

export function reference(schema: string) {
  return { $ref: `#/components/schemas/${schema}` };
}

/** Describes a stream of server-sent events. The schema is that of the JSON in the field `data` of one event. */
export function eventStream(schema: object, description: string) {
  const data = { type: "string", contentMediaType: "application/json", contentSchema: schema };
  return {
    "text/event-stream": {
      schema: { type: "object", description, properties: { data }, required: ["data"] },
    },
  };
}

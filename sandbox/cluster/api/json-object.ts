/** A JSON object, as far as nothing more is known of it. */
export type JsonObject = Record<string, any>;

/** Whether a value of JSON is an object: no list, no null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

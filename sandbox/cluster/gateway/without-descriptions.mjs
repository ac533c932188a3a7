/** A schema without descriptions, for the scripts that trim CustomResourceDefinitions; a property may be called so. */
export function withoutDescriptions(value, isNames = false) {
  if (Array.isArray(value)) return value.map((item) => withoutDescriptions(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => isNames || key !== 'description' || typeof item !== 'string')
      .map(([key, item]) => [key, withoutDescriptions(item, key === 'properties')]),
  );
}

/** Resolves a property of a citty command. The property can be a value, a promise or a function. */
export async function resolved<T>(
  value: T | Promise<T> | (() => T) | (() => Promise<T>) | undefined,
) {
  return typeof value === "function" ? (value as () => T | Promise<T>)() : value;
}

/**
 * Tells of each call of a method that did not throw: on what, and with which arguments. Gives what undoes it.
 */
export function watchMethod(
  prototype: object,
  name: string,
  called: (self: unknown, args: readonly unknown[]) => void,
): () => void {
  const methods = prototype as Record<string, (this: unknown, ...args: readonly unknown[]) => unknown>;
  const usual = methods[name]!;
  methods[name] = function watched(...args) {
    const result = usual.apply(this, [...args]);
    called(this, args);
    return result;
  };
  return () => {
    methods[name] = usual;
  };
}

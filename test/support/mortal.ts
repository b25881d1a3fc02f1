/** Cuts a monitor off from its ports, as death does: what it waits for never comes, what it asks is never done. */

/** The same port, for as long as `isAlive` says so; afterwards every promise of it stays open for ever. */
export function mortal<T extends object>(port: T, isAlive: () => boolean): T {
  const never = new Promise<never>(() => undefined);
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        if (!isAlive()) return never;
        const result: unknown = Reflect.apply(value, target, args);
        if (!(result instanceof Promise)) return result;
        return result.then(
          (answer: unknown) => (isAlive() ? answer : never),
          (cause: unknown) => {
            if (isAlive()) throw cause;
            return never;
          },
        );
      };
    },
  });
}

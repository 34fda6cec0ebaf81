/** A method as it is, to be called by what replaces it. */
export function methodOf<T extends object, K extends keyof T>(prototype: T, name: K): T[K] {
  return prototype[name]
}

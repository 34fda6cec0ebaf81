/** Readers of a parsed vector: each checks one field's type and says which field is wrong. */

/** A vector that does not have the documented form. */
export class VectorError extends Error {
  override readonly name = 'VectorError'
}

export type VectorObject = Readonly<Record<string, unknown>>

export function objectOf(value: unknown, what: string): VectorObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new VectorError(`${what} must be an object`)
  }
  return value as VectorObject
}

/** A list; absent means empty. */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new VectorError(`${what} must be a list`)
  return value
}

/** A whole number of at most 53 bits; absent means 0. */
export function numberOf(value: unknown, what: string): number {
  if (value === undefined) return 0
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new VectorError(`${what} must be a whole number`)
  }
  return value
}

export function numbersOf(value: unknown, what: string): number[] {
  return listOf(value, what).map((item, index) => numberOf(item ?? null, `${what}[${index}]`))
}

export function stringOf(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new VectorError(`${what} must be a string`)
  return value
}

export function stringsOf(value: unknown, what: string): string[] {
  return listOf(value, what).map((item, index) => stringOf(item, `${what}[${index}]`))
}

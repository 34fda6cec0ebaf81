import type { VectorObject } from './vector-fields.ts'

/** What one vector came to. `expected` and `got` hold the fields that differ; `reason` says why a vector was skipped. */
export interface VectorOutcome {
  readonly id: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly expected?: VectorObject
  readonly got?: VectorObject
  readonly reason?: string
}

/** Thrown by a runner for a vector that is well formed, but asks for something the lab has no model of. */
export class NotModelled extends Error {
  override readonly name = 'NotModelled'
}

/** The fields in which two results differ; null when they agree. */
export interface Difference {
  readonly expected: VectorObject
  readonly got: VectorObject
}

/**
 * Compares a result with the expected one. A field that is absent on one side stands for zero, false, empty or "OK".
 * Fields named in `onlyIfExpected` count only where the expectation has them; those in `ignored` never count.
 */
export function differenceOf(
  expect: VectorObject,
  got: VectorObject,
  onlyIfExpected: readonly string[] = [],
  ignored: readonly string[] = [],
): Difference | null {
  const wrongExpected: Record<string, unknown> = {}
  const wrongGot: Record<string, unknown> = {}
  let differs = false
  for (const key of new Set([...Object.keys(expect), ...Object.keys(got)])) {
    if (ignored.includes(key) || (onlyIfExpected.includes(key) && !(key in expect))) continue
    if (sameValue(expect[key], got[key])) continue
    differs = true
    wrongExpected[key] = expect[key]
    wrongGot[key] = got[key]
  }
  return differs ? { expected: wrongExpected, got: wrongGot } : null
}

function sameValue(expected: unknown, got: unknown): boolean {
  if (expected === undefined) return isDefault(got)
  if (got === undefined) return isDefault(expected)
  if (Array.isArray(expected)) {
    return (
      Array.isArray(got) &&
      got.length === expected.length &&
      expected.every((item, index) => sameValue(item, got[index]))
    )
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof got !== 'object' || got === null || Array.isArray(got)) return false
    return differenceOf(expected as VectorObject, got as VectorObject) === null
  }
  return expected === got
}

function isDefault(value: unknown): boolean {
  if (value === undefined || value === 0 || value === false || value === 'OK') return true
  return Array.isArray(value) && value.length === 0
}

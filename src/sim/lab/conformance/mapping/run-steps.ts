import { differenceOf, type Difference } from '../outcome.ts'
import { listOf, objectOf, type VectorObject } from '../vector-fields.ts'

/** The operations of a vector. */
export function opsOf(vector: VectorObject): VectorObject[] {
  return listOf(vector.ops, 'ops').map((item, index) => objectOf(item, `ops[${index}]`))
}

/**
 * Runs operations in order.
 * @param onlyIfExpected fields that a vector gives now and then
 * @returns the first outcome that differs, or null
 */
export function runSteps(
  vector: VectorObject,
  ops: readonly VectorObject[],
  step: (op: VectorObject) => VectorObject,
  onlyIfExpected: readonly string[] = [],
): Difference | null {
  const expect = listOf(vector.expect, 'expect')
  for (const [index, op] of ops.entries()) {
    const got = step(op)
    const difference = differenceOf(objectOf(expect[index], `expect[${index}]`), got, onlyIfExpected)
    if (difference !== null) {
      const place = { index, op: op.op }
      return { expected: { ...place, ...difference.expected }, got: { ...place, ...difference.got } }
    }
  }
  return null
}

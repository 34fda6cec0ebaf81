import { UIO_NOCOPY, UIO_SYSSPACE, UIO_USERSPACE } from '../../../kernel/uio.ts'
import { stringOf, VectorError } from '../vector-fields.ts'

const SEGMENTS: ReadonlyMap<string, number> = new Map([
  ['USER', UIO_USERSPACE],
  ['SYS', UIO_SYSSPACE],
  ['NOCOPY', UIO_NOCOPY],
])

/** Whose addresses a vector's uio has. */
export function segmentOf(value: unknown): { readonly flag: number; readonly isKernel: boolean } {
  const name = stringOf(value, 'seg')
  const flag = SEGMENTS.get(name)
  if (flag === undefined) throw new VectorError(`unknown segment ${name}`)
  return { flag, isKernel: flag === UIO_SYSSPACE }
}

import { NotModelled, type Difference } from '../outcome.ts'
import { stringOf, type VectorObject } from '../vector-fields.ts'
import { runMsfBuf2004 } from './msf-buf-2004.ts'
import { runMsfBuf2005 } from './msf-buf-2005.ts'

/** Runs a vector of kind msf_buf against the release that it names. */
export function runMsfBuf(vector: VectorObject): Difference | null {
  const release = stringOf(vector.kernel, 'kernel')
  switch (release) {
    case 'dragonfly-2004':
      return runMsfBuf2004(vector)
    case 'dragonfly-2005':
      return runMsfBuf2005(vector)
    default:
      throw new NotModelled(`no msf_buf of ${release}`)
  }
}

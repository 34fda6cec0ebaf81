import { expect, it } from 'vitest'
import { EFBIG, EINPROGRESS, errnoName, OK } from '../../../src/sim/kernel/errno.ts'

it('names error numbers', () => {
  expect([OK, EFBIG, EINPROGRESS, 99].map(errnoName)).toEqual(['OK', 'EFBIG', 'EINPROGRESS', 'errno 99'])
})

import { expect, it } from 'vitest'
import { EINTR, ENOMEM, EWOULDBLOCK, OK } from '../../../../src/sim/kernel/errno.ts'
import { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { MSF_CATCH, MSF_WAITOK } from '../../../../src/sim/kernel/msf-buf/post.ts'
import { AFTER_SIGNAL, AFTER_WAKEUP } from '../../../../src/sim/kernel/sleep-channel.ts'
import { KVA_BASE } from '../../../../src/sim/machine/page-table.ts'
import { MsfBench, POOL, SLOTS, made } from './msf-bench.ts'

const list = Int32Array.of(100, 101)

it('sleeps for a pooled msf_buf and is woken first come, first served', () => {
  const bench = new MsfBench()
  const taken = Array.from({ length: POOL }, () => made(bench.msfs.msf_create_from_buf(null, KVA_BASE, 1)))
  expect(bench.msfs.msf_create_from_buf(null, KVA_BASE, 1)).toBe(ENOMEM)
  for (const thread of [2, 1]) {
    bench.threads.current = thread
    expect(bench.msfs.msf_create_from_buf(null, KVA_BASE, 1, MSF_WAITOK)).toBe(EWOULDBLOCK)
  }
  bench.msfs.msf_release(taken[0]!)
  expect(bench.woken).toEqual([2])
  bench.threads.current = 2
  const got = made(bench.msfs.msf_create_from_buf(null, KVA_BASE, 1, MSF_WAITOK, AFTER_WAKEUP))
  bench.msfs.msf_release(taken[1]!)
  expect(bench.woken).toEqual([2, 1])
  bench.msfs.msf_release(got)
  expect(bench.woken).toEqual([2, 1])
})

it('gives up for a signal, and is not woken any more', () => {
  const bench = new MsfBench()
  const taken = Array.from({ length: POOL }, () => made(bench.msfs.msf_create_from_buf(null, KVA_BASE, 1)))
  bench.threads.current = 3
  expect(bench.msfs.msf_create_from_buf(null, KVA_BASE, 1, MSF_CATCH)).toBe(EWOULDBLOCK)
  expect(bench.msfs.msf_create_from_buf(null, KVA_BASE, 1, MSF_CATCH, AFTER_SIGNAL)).toBe(EINTR)
  bench.msfs.msf_release(taken[0]!)
  expect(bench.woken).toEqual([])
  expect(bench.msfs.poolFree).toBe(1)
})

it('sleeps for KVA', () => {
  const bench = new MsfBench()
  const own = Array.from({ length: SLOTS }, () =>
    made(bench.sources.msf_create_from_pages(null, list, 2, 0, 8192)),
  )
  for (const msf of own) expect(bench.msfs.msf_require_buf(msf)).toBe(OK)
  const late = made(bench.msfs.msf_create_from_xio(new MsfBuf(), own[0]!.xio!))
  const before = bench.resources()
  expect(bench.msfs.msf_require_buf(late)).toBe(ENOMEM)
  expect(bench.resources()).toEqual(before)
  bench.threads.current = 1
  expect(bench.msfs.msf_require_buf(late, MSF_CATCH)).toBe(EWOULDBLOCK)
  expect(bench.msfs.msf_require_buf(late, MSF_CATCH, AFTER_SIGNAL)).toBe(EINTR)
  expect(bench.msfs.msf_require_buf(late, MSF_WAITOK)).toBe(EWOULDBLOCK)
  bench.msfs.msf_release(own[1]!)
  expect(bench.woken).toEqual([1])
  expect(bench.msfs.msf_require_buf(late, MSF_WAITOK, AFTER_WAKEUP)).toBe(OK)
  expect(bench.machine.translate(late.kva + 4096)).toBe(101 * 4096)
})

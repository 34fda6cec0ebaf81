import { describe, expect, it } from 'vitest'
import { EFAULT, EINVAL, OK } from '../../../../src/sim/kernel/errno.ts'
import type { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { MsfBench, made } from './msf-bench.ts'

/** One msf_buf of 6000 bytes over frames 400 and 401, from byte 96 on, in each form; and a kernel buffer over 410 and 411. */
function forms(): { bench: MsfBench; msf: MsfBuf; other: number; form: string }[] {
  return ['buffer', 'page list', 'both'].map((form) => {
    const bench = new MsfBench()
    const kva = bench.map(10, [400, 401])
    const msf =
      form === 'page list'
        ? made(bench.sources.msf_create_from_pages(null, Int32Array.of(400, 401), 2, 96, 6000))
        : made(bench.msfs.msf_create_from_buf(null, kva + 96, 6000))
    if (form === 'both') bench.msfs.msf_require_xio(msf)
    return { bench, msf, other: bench.map(20, [410, 411]), form }
  })
}

describe.each(forms().map(({ form }, index) => ({ form, index })))('an msf_buf with a $form', ({ index }) => {
  it('copies in and out at any offset, across pages', () => {
    const { bench, msf, other } = forms()[index]!
    bench.fill(410, 3)
    expect(bench.copy.msf_copyin(msf, 3990, null, other, 20)).toBe(OK)
    expect([bench.byteAt(400, 4085), bench.byteAt(400, 4086), bench.byteAt(400, 4095)]).toEqual([0, 3, 3])
    expect([bench.byteAt(401, 0), bench.byteAt(401, 9), bench.byteAt(401, 10)]).toEqual([3, 3, 0])
    expect(bench.copy.msf_copyout(msf, 3989, null, other + 4096, 22)).toBe(OK)
    expect([0, 1, 20, 21].map((offset) => bench.byteAt(411, offset))).toEqual([0, 3, 3, 0])
  })

  it('copies from and to a user', () => {
    const { bench, msf } = forms()[index]!
    bench.space.mapPage(2, 420)
    bench.fill(420, 5)
    expect(bench.copy.msf_copyin(msf, 0, bench.space, 2 * 4096, 10)).toBe(OK)
    expect(bench.byteAt(400, 96 + 9)).toBe(5)
    bench.fill(420, 0)
    expect(bench.copy.msf_copyout(msf, 0, bench.space, 2 * 4096 + 50, 10)).toBe(OK)
    expect([bench.byteAt(420, 49), bench.byteAt(420, 50)]).toEqual([0, 5])
    expect(bench.copy.msf_copyout(msf, 0, bench.space, 3 * 4096, 1)).toBe(EFAULT)
  })

  it('refuses what lies beyond the data, and moves nothing', () => {
    const { bench, msf, other } = forms()[index]!
    bench.fill(410, 3)
    expect(bench.copy.msf_copyin(msf, 5999, null, other, 2)).toBe(EFAULT)
    expect(bench.byteAt(401, 1999)).toBe(0)
    expect(bench.copy.msf_copyin(msf, -1, null, other, 1)).toBe(EINVAL)
    expect(bench.copy.msf_copyout(msf, 0, null, other, -1)).toBe(EINVAL)
    bench.msfs.msf_release(msf)
    expect(bench.copy.msf_copyin(msf, 0, null, other, 1)).toBe(EINVAL)
  })
})

import { describe, expect, it } from 'vitest'
import { Ccb } from '../../../../src/sim/kernel/cam/ccb.ts'
import { DFLTPHYS, UserMap } from '../../../../src/sim/kernel/cam/mapmem.ts'
import { E2BIG, EACCES, OK } from '../../../../src/sim/kernel/errno.ts'
import { UserSpace } from '../../../../src/sim/kernel/vm/user-space.ts'
import { ADAPTERS, CamBench } from './cam-bench.ts'

const INQUIRY = [0x12, 0, 0, 0, 36, 0]
const PAGES = 20

/** A process with 18 pages from page 1 on, and a CCB for an INQUIRY into its memory. */
function build(adapter: (typeof ADAPTERS)[number] = 'mps-ssd') {
  const cam = new CamBench(adapter)
  const { pages, pmap, holds } = cam.bench
  const space = new UserSpace(PAGES, { zeroFilledPage: () => pages.alloc() })
  space.reserve(1, PAGES - 2)
  const map = new UserMap({ pmap, holds }, cam.addressOf(128))
  const ccb = new Ccb(0)
  ccb.operation = 'pass'
  ccb.cdb.set(INQUIRY)
  ccb.cdbLength = INQUIRY.length
  return { cam, space, map, ccb, holds }
}

describe('cam_periph_mapmem', () => {
  it.each(ADAPTERS)("brings an answer through %s right into the user's memory", (adapter) => {
    const { cam, space, map, ccb, holds } = build(adapter)
    const uaddr = 2 * 4096 - 20
    expect(map.cam_periph_mapmem(ccb, space, uaddr, 36)).toBe(OK)
    expect(holds.total).toBe(2)
    ccb.cbfcnp = () => undefined
    cam.disk.xpt.xpt_action(ccb)
    cam.settle()
    expect([ccb.status, ccb.resid]).toEqual([OK, 0])
    const answer = Array.from({ length: 36 }, (_, i) => {
      const frame = space.pmap_extract(uaddr + i)
      return cam.bench.machine.memory.bytesAt(frame * 4096 + ((uaddr + i) % 4096), 1)[0]!
    })
    expect(String.fromCharCode(...answer.slice(8, 14))).toBe('DMALAB')
    map.cam_periph_unmapmem()
    expect(holds.total).toBe(0)
    expect(cam.bench.machine.translate(cam.addressOf(128), false)).toBe(-1)
  })

  it('takes 64 KiB, the offset in the first page counted, and no byte more', () => {
    const { space, map, ccb, holds } = build()
    expect(map.cam_periph_mapmem(ccb, space, 4096 + 100, DFLTPHYS - 99)).toBe(E2BIG)
    expect([ccb.dxferLen, holds.total]).toEqual([0, 0])
    expect(map.cam_periph_mapmem(ccb, space, 4096 + 100, DFLTPHYS - 100)).toBe(OK)
    expect([ccb.dxferLen, holds.total]).toEqual([DFLTPHYS - 100, 16])
  })

  it('refuses memory that the user has no right to, and holds nothing', () => {
    const { space, map, ccb, holds } = build()
    expect(map.cam_periph_mapmem(ccb, space, 0, 36)).toBe(EACCES)
    expect(map.cam_periph_mapmem(ccb, space, (PAGES - 1) * 4096 - 20, 36)).toBe(EACCES)
    space.setReadOnly(3, true)
    expect(map.cam_periph_mapmem(ccb, space, 3 * 4096, 36)).toBe(EACCES)
    expect(holds.total).toBe(0)
    ccb.passOut = true
    expect(map.cam_periph_mapmem(ccb, space, 3 * 4096, 36)).toBe(OK)
  })
})

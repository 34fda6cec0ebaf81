import { afterEach, expect, it, vi } from 'vitest'
import { IsaDma } from '../../../../src/sim/kernel/isa-dma.ts'
import { probeIsaWindows } from '../../../../src/sim/lab/validation/isa-windows.ts'

afterEach(() => vi.restoreAllMocks())

it.each([
  [1, 16],
  [3, 16],
  [5, 32],
])('on channel %i, all transfers over a line bounce, and no other', (channel, windowPages) => {
  // From the n-th page of a window on, n lengths reach beyond it.
  const crossing = 3 * ((windowPages * (windowPages - 1)) / 2)
  expect(probeIsaWindows(channel)).toEqual({
    crossing,
    crossingBounced: crossing,
    insideBounced: 0,
    astray: 0,
  })
})

it('sees a driver that does not look at the lines', () => {
  vi.spyOn(IsaDma.prototype, 'isa_dmarangecheck').mockReturnValue(false)
  expect(probeIsaWindows(1)).toEqual({ crossing: 360, crossingBounced: 0, insideBounced: 0, astray: 360 })
})

it('sees a driver that bounces everything', () => {
  vi.spyOn(IsaDma.prototype, 'isa_dmarangecheck').mockReturnValue(true)
  expect(probeIsaWindows(1)).toEqual({
    crossing: 360,
    crossingBounced: 360,
    insideBounced: 3 * 16 * 16 - 360,
    astray: 0,
  })
})

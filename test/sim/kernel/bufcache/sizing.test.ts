import { describe, expect, it } from 'vitest'
import {
  limitsForBuffers,
  limitsForRam,
  mapSizesFor,
  nswbufFor,
} from '../../../../src/sim/kernel/bufcache/sizing.ts'

const MIB = 1024 * 1024

describe('limitsForRam', () => {
  it.each([
    [64, 1010, 16547840, 272, 136, 61, 122],
    [128, 1483, 24297472, 390, 195, 87, 174],
    [256, 2302, 37715968, 595, 297, 132, 264],
    [512, 3941, 64569344, 1005, 502, 223, 446],
    [1024, 7218, 118259712, 1824, 912, 406, 812],
    [2048, 12800, 209715200, 3220, 1610, 716, 1432],
    [65536, 12800, 209715200, 3220, 1610, 716, 1432],
  ])('is what a kernel with %d MiB printed', (mib, nbuf, maxbufspace, hidirty, lodirty, lofree, hifree) => {
    const limits = limitsForRam(mib * MIB)
    expect(limits).toMatchObject({
      nbuf,
      maxbufspace,
      hidirtybuffers: hidirty,
      lodirtybuffers: lodirty,
      lofreebuffers: lofree,
      hifreebuffers: hifree,
      hibufspace: maxbufspace - 640 * 1024,
      lobufspace: maxbufspace - 704 * 1024,
      lorunningspace: 524288,
      hirunningspace: 1048576,
    })
    expect(limits.maxbufmallocspace).toBe(Math.floor(limits.hibufspace / 20))
  })

  it('takes three quarters where ten large buffers are more than a quarter, and at least 50 buffers', () => {
    const { nbuf, maxbufspace, hibufspace, hidirtybuffers, lodirtybuffers } = limitsForRam(4 * MIB)
    expect([nbuf, maxbufspace, hibufspace]).toEqual([50, 819200, 614400])
    // 12 + 20 buffers of 16 KiB are more than three quarters of 600 KiB; 16 are not.
    expect([hidirtybuffers, lodirtybuffers]).toEqual([16, 8])
    expect(limitsForRam(5 * MIB).nbuf).toBe(50 + 16)
  })
})

it.each([
  [40, 16],
  [64, 16],
  [400, 100],
  [1010, 252],
  [12800, 256],
])('%d buffers go with %d headers of physical I/O', (nbuf, nswbuf) => {
  expect(nswbufFor(nbuf)).toBe(nswbuf)
  expect(mapSizesFor(nbuf)).toEqual({ bufferMap: nbuf * 16384, pagerMap: nswbuf * 131072 + 8 * MIB })
})

it('limits of a fixed number of buffers are reached by all of them together, and not before', () => {
  const { nbuf, lobufspace, hibufspace, hidirtybuffers } = limitsForBuffers(64, 16384)
  expect([nbuf, lobufspace, hibufspace]).toEqual([64, 64 * 16384, 65 * 16384])
  expect(hidirtybuffers).toBe(36)
})

it.each([
  [256, 4096, 84],
  [256, 16384, 84],
  [16, 4096, 12],
  [16, 65536, 12],
])('of %d buffers of %d bytes, %d may be dirty, whatever their size', (nbuf, bytes, hidirty) => {
  const { hidirtybuffers, lodirtybuffers } = limitsForBuffers(nbuf, bytes)
  expect([hidirtybuffers, lodirtybuffers]).toEqual([hidirty, hidirty / 2])
})

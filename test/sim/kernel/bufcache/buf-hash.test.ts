import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BufHash } from '../../../../src/sim/kernel/bufcache/buf-hash.ts'
import { Buf } from '../../../../src/sim/kernel/bufcache/buf.ts'

it('finds exactly the buffers that are in it, by block numbers up to 2^42', () => {
  const block = fc.oneof(
    fc.nat(30),
    fc.constantFrom(2 ** 32, 2 ** 32 + 1, 2 ** 42, 2 ** 42 + 1),
    fc.nat(10).map((high) => high * 2 ** 32 + 5),
  )
  fc.assert(
    fc.property(fc.array(block, { maxLength: 200 }), (blocks) => {
      const bufs = Array.from({ length: 20 }, (_, id) => new Buf(id))
      const hash = new BufHash(bufs)
      const inside = new Map<number, Buf>()
      blocks.forEach((lblkno, i) => {
        const buf = bufs[i % bufs.length]!
        const held = inside.get(lblkno)
        expect(hash.find(lblkno)).toBe(held ?? null)
        if (inside.get(buf.lblkno) === buf) {
          hash.remove(buf)
          inside.delete(buf.lblkno)
        }
        if (inside.has(lblkno)) return
        buf.lblkno = lblkno
        hash.insert(buf)
        inside.set(lblkno, buf)
      })
      for (const lblkno of new Set(blocks)) expect(hash.find(lblkno)).toBe(inside.get(lblkno) ?? null)
    }),
  )
})

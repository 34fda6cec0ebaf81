import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BufHash } from '../../../../src/sim/kernel/bufcache/buf-hash.ts'
import { Buf, NONE } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { Vnode } from '../../../../src/sim/kernel/bufcache/vnode.ts'

it('finds exactly the buffers that are in it, by vnode and block numbers up to 2^42', () => {
  const block = fc.oneof(
    fc.nat(30),
    fc.constantFrom(2 ** 32, 2 ** 32 + 1, 2 ** 42, 2 ** 42 + 1),
    fc.nat(10).map((high) => high * 2 ** 32 + 5),
  )
  const vnodes = [0, 1, 2].map((id) => new Vnode(id, 512, null))
  const place = fc.record({ vp: fc.constantFrom(...vnodes), block })
  const keyOf = (vp: Vnode | null, lblkno: number): string => `${vp?.id} ${lblkno}`
  fc.assert(
    fc.property(fc.array(place, { maxLength: 200 }), (places) => {
      const bufs = Array.from({ length: 20 }, (_, id) => new Buf(id))
      const hash = new BufHash(bufs)
      const inside = new Map<string, Buf>()
      places.forEach(({ vp, block: lblkno }, i) => {
        const buf = bufs[i % bufs.length]!
        const key = keyOf(vp, lblkno)
        expect(hash.find(vp, lblkno)).toBe(inside.get(key) ?? null)
        inside.delete(buf.hashSlot !== NONE ? keyOf(buf.b_vp, buf.b_lblkno) : '')
        hash.remove(buf)
        if (inside.has(key)) return
        buf.b_vp = vp
        buf.b_lblkno = lblkno
        hash.insert(buf, vp)
        inside.set(key, buf)
      })
      for (const { vp, block: lblkno } of places)
        expect(hash.find(vp, lblkno)).toBe(inside.get(keyOf(vp, lblkno)) ?? null)
    }),
  )
})

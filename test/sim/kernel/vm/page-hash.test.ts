import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PageHash } from '../../../../src/sim/kernel/vm/page-hash.ts'

it('finds what was put on a chain last first, and nothing that was taken off', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(7), fc.nat(5000)), { maxLength: 80 }), (steps) => {
      const hash = new PageHash(8)
      const model = new Map<number, number[]>()
      const chainOf = new Map<number, number>()
      for (const [descriptor, pfn] of steps) {
        const old = chainOf.get(descriptor)
        if (old !== undefined) {
          hash.remove(descriptor)
          model.set(
            old,
            model.get(old)!.filter((other) => other !== descriptor),
          )
        }
        const chain = hash.chainOfPointer(pfn)
        hash.insert(chain, descriptor)
        chainOf.set(descriptor, chain)
        model.set(chain, [descriptor, ...(model.get(chain) ?? [])])
        for (const [number, members] of model) {
          const found: number[] = []
          for (let at = hash.first(number); at >= 0; at = hash.after(at)) found.push(at)
          expect(found).toEqual(members)
        }
      }
    }),
  )
})

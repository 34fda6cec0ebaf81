import { describe, expect, it } from 'vitest'
import { BUILTIN_NICS } from '../../../src/shared/profiles/builtin-nics.ts'
import { BUILTIN_NIC_NAMES } from '../../../src/shared/profiles/nic-files.ts'
import { parseNic } from '../../../src/shared/profiles/parse-nic.ts'

const text = (changes: object): string =>
  JSON.stringify({
    format: 'dmalab.nic',
    version: 1,
    name: 'x',
    title: 'X',
    addressBits: 32,
    linkBitsPerSecond: 1e9,
    ring: 256,
    tags: [{ alignment: 1, maxsize: 16384, nsegments: 64, maxsegsz: 16384 }],
    ...changes,
  })

describe('network adapter files', () => {
  it('are there', () => {
    expect(BUILTIN_NIC_NAMES).toEqual(['bfe-wrong-tag', 'em-1g', 'ix-10g'])
    expect(BUILTIN_NICS.get('em-1g')).toMatchObject({ ring: 256, tags: [{ nsegments: 64, lowaddr: null }] })
  })

  it('have defaults', () => {
    expect(parseNic(text({}), 'x.json')).toMatchObject({ mtu: 1500, interrupts: { commands: 1, ns: 0 } })
  })

  it.each([
    [{ ring: 100 }, 'ring'],
    [{ tags: [] }, 'tags'],
    [{ interrupts: { commands: 2 } }, 'interrupts.ns'],
    [{ format: 'dmalab.device' }, 'format'],
    [{ mtu: 20_000 }, 'mtu'],
  ])('say what is wrong with %j', (changes, place) => {
    expect(() => parseNic(text(changes), 'x.json')).toThrowError(
      expect.objectContaining({
        failure: expect.objectContaining({ place: `x.json, ${place}` }) as unknown,
      }) as Error,
    )
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BUILTIN_COSTS } from '../../src/shared/profiles/builtin-costs.ts'
import { parseCosts } from '../../src/shared/profiles/parse-cost.ts'
import { COST_NAMES } from '../../src/sim/machine/costs.ts'
import { tempFolder } from '../main/temp-folder.ts'
import { dmalab } from './run-program.ts'

const folder = tempFolder()

describe('dmalab costs', () => {
  it('prints every cost of a profile with its mark, and the sources below', async () => {
    const { code, out } = await dmalab('costs', 'p3smp')
    expect(code).toBe(0)
    const lines = out.split('\n')
    expect(lines[0]).toBe('p3smp: Two Pentium III of about 1 GHz, 2001 to 2004')
    expect(lines.slice(2, 2 + COST_NAMES.length).map((line) => line.split(' ')[0])).toEqual(COST_NAMES)
    const row = /^shootdownBase .* 3\.7 us +3,700 ns +derived +V2 +2004 +\[(\d+)\]$/m.exec(out)
    expect(lines.find((line) => line.startsWith(`  [${row?.[1]}] `))).toMatch(
      /Dillon.*4096 \/ 350e6.*\(DELL-2550, two Pentium III\)$/,
    )
    expect(out).toMatch(/^invlpg .* 100 cycles at 1 GHz +100 ns +assumed +2003 /m)
    expect((await dmalab('costs', 'x86new')).out).toMatch(/^iommuMapPerPage .* derived +\? /m)
  })

  it('writes a copy, which is as good as the lab’s own and can be changed', async () => {
    const mine = join(folder, 'mine.json')
    expect(await dmalab('costs', 'x86new', '--json', mine)).toEqual({ code: 0, out: '', err: '' })
    const text = readFileSync(mine, 'utf8')
    expect(parseCosts(text, 'mine.json')).toEqual(BUILTIN_COSTS.get('x86new'))
    writeFileSync(mine, text.replace('"value": 1200', '"value": 5000'))
    expect((await dmalab('costs', mine)).out).toMatch(/^wakeup .* 5,000 ns +5,000 ns /m)
    expect((await dmalab('costs', 'x86new', '--json', '-')).out).toBe(text)
  })

  it('exits with 2 for a bad profile, and says where and what to do', async () => {
    const bad = join(folder, 'bad.json')
    const { costs, ...rest } = BUILTIN_COSTS.get('x86new')!
    writeFileSync(bad, JSON.stringify({ ...rest, costs: { ...costs, tlbMiss: undefined } }))
    const { code, out, err } = await dmalab('costs', bad)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^dmalab: bad\.json, costs\.tlbMiss: is missing.*\n {2}A cost file says/)
  })

  it.each(['x86old', 'no-such.json'])('exits with 2 for %s, which is not there', async (name) => {
    const { code, err } = await dmalab('costs', name)
    expect(code).toBe(2)
    expect(err).toContain('opteron8, p3smp, p4up, x86new')
  })
})

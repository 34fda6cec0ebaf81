import { expect, it } from 'vitest'
import { CpuMask } from '../../../../src/sim/machine/cpu-mask.ts'

it('holds any of 64 processors', () => {
  for (let cpu = 0; cpu < 64; cpu++) {
    const mask = new CpuMask()
    mask.add(cpu)
    expect(Array.from({ length: 64 }, (_, i) => i).filter((i) => mask.has(i))).toEqual([cpu])
    mask.add((cpu + 32) % 64)
    expect(mask.has(cpu)).toBe(true)
    mask.clear()
    expect(mask.has(cpu) || mask.has((cpu + 32) % 64)).toBe(false)
  }
})

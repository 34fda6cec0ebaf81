import { expect, it } from 'vitest'
import { Ledger } from '../../../src/sim/workload/ledger.ts'

it('counts sectors that are not what was last written', () => {
  const ledger = new Ledger()
  const memory = new Int32Array(256)
  ledger.write(5, memory, 0)
  const old = memory.slice()
  ledger.verify(5, memory, 0)
  ledger.write(5, memory, 0)
  ledger.write(6, memory, 128)
  ledger.verify(5, memory, 0)
  ledger.verify(6, memory, 128)
  expect(ledger.errors).toBe(0)
  ledger.verify(5, old, 0)
  expect(ledger.errors).toBe(1)
  ledger.verify(7, memory, 0)
  memory[200]! ^= 1
  ledger.verify(6, memory, 128)
  expect(ledger.errors).toBe(3)
})

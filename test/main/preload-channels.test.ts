import { describe, expect, it } from 'vitest'
import { CHANNELS, EVENTS } from '../../src/preload/channels.ts'
import { EVENT_NAMES, INPUTS } from '../../src/shared/ipc/contract.ts'

describe('the preload script', () => {
  it('knows the names of the contract, and no others', () => {
    expect(Object.keys(CHANNELS).sort()).toEqual(Object.keys(INPUTS).sort())
    expect(Object.keys(EVENTS).sort()).toEqual([...EVENT_NAMES].sort())
  })
})

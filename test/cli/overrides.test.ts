import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { parseOverride } from '../../src/cli/overrides.ts'

describe('parseOverride', () => {
  it.each([
    ['machine.cpus=8', ['machine.cpus', 8]],
    ['a=-1.5', ['a', -1.5]],
    ['a=0', ['a', 0]],
    ['a=true', ['a', true]],
    ['a=false', ['a', false]],
    ['a=ahci-ssd', ['a', 'ahci-ssd']],
    ['a=', ['a', '']],
    ['a=b=c', ['a', 'b=c']],
    ['a=1e3', ['a', '1e3']],
    ['a=0x10', ['a', '0x10']],
    ['a= 1', ['a', ' 1']],
    ['a=1.', ['a', '1.']],
  ])('reads %s', (text, expected) => {
    expect(parseOverride(text)).toEqual(expected)
  })

  it.each(['machine.cpus', '=8', ''])('refuses %j', (text) => {
    expect(() => parseOverride(text)).toThrow(InvalidArgumentError)
  })
})

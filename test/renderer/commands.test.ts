import { describe, expect, it } from 'vitest'
import { commandOfKey } from '../../src/renderer/commands.ts'

const press = (key: string, own: Partial<Parameters<typeof commandOfKey>[0]> = {}) =>
  commandOfKey({ key, ctrlKey: true, metaKey: false, shiftKey: false, altKey: false, ...own })

describe('commandOfKey', () => {
  it('knows the keys of the lab', () => {
    expect(press('o')).toBe('file.open')
    expect(press('s')).toBe('file.save')
    expect(press('S', { shiftKey: true })).toBe('file.saveAs')
    expect(press('Enter')).toBe('run.start')
    expect(press('s', { ctrlKey: false, metaKey: true })).toBe('file.save')
  })

  it('leaves all other keys to the browser', () => {
    expect(press('s', { ctrlKey: false })).toBeNull()
    expect(press('s', { altKey: true })).toBeNull()
    expect(press('O', { shiftKey: true })).toBeNull()
    expect(press('n')).toBeNull()
  })
})

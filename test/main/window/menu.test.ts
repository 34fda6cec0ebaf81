import type { MenuItemConstructorOptions } from 'electron'
import { describe, expect, it } from 'vitest'
import { menuTemplate } from '../../../src/main/window/menu.ts'

type Click = () => void

function items(template: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return template.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? items(item.submenu) : [])])
}

describe('menuTemplate', () => {
  it('sends each command under its own id', () => {
    const sent: string[] = []
    const all = items(menuTemplate((command) => sent.push(command), 'linux'))
    for (const item of all) (item.click as Click | undefined)?.()
    expect(sent).toEqual([
      'file.new',
      'file.open',
      'file.save',
      'file.saveAs',
      'run.start',
      'run.cancel',
      'view.theme',
    ])
  })

  it.each(['linux', 'win32', 'darwin'] as const)('gives no accelerator twice on %s', (platform) => {
    const keys = items(menuTemplate(() => undefined, platform)).flatMap((item) => item.accelerator ?? [])
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).toContain('CmdOrCtrl+S')
  })
})

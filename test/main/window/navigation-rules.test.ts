import type { App } from 'electron'
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { setupNavigationRules } from '../../../src/main/window/navigation-rules.ts'

class Contents extends EventEmitter {
  openHandler: (() => unknown) | null = null
  setWindowOpenHandler(handler: () => unknown): void {
    this.openHandler = handler
  }
  getURL(): string {
    return 'app://lab/'
  }
}

function newContents(): Contents {
  const app = new EventEmitter()
  setupNavigationRules(app as unknown as App)
  const contents = new Contents()
  app.emit('web-contents-created', {}, contents)
  return contents
}

function isPrevented(event: string, details: object): boolean {
  let prevented = false
  newContents().emit(event, { ...details, preventDefault: () => (prevented = true) })
  return prevented
}

describe('setupNavigationRules', () => {
  it('denies new windows', () => {
    expect(newContents().openHandler?.()).toEqual({ action: 'deny' })
  })

  it('keeps the page where it is, but lets it reload', () => {
    expect(isPrevented('will-navigate', { url: 'https://example.org/' })).toBe(true)
    expect(isPrevented('will-navigate', { url: 'app://lab/' })).toBe(false)
  })

  it('lets no frame load, no redirect and no webview', () => {
    expect(isPrevented('will-frame-navigate', { isMainFrame: false })).toBe(true)
    expect(isPrevented('will-redirect', {})).toBe(true)
    expect(isPrevented('will-attach-webview', {})).toBe(true)
  })
})

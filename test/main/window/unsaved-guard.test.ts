import type { BrowserWindow } from 'electron'
import { EventEmitter } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { setupUnsavedGuard } from '../../../src/main/window/unsaved-guard.ts'

describe('setupUnsavedGuard', () => {
  it.each([
    ['keeps the window open', 0, false],
    ['closes it', 1, true],
  ])('%s as the user answers', (_what, answer, closes) => {
    const webContents = new EventEmitter()
    setupUnsavedGuard({ webContents } as unknown as BrowserWindow, { showMessageBoxSync: () => answer })
    const preventDefault = vi.fn()
    webContents.emit('will-prevent-unload', { preventDefault })
    expect(preventDefault.mock.calls.length > 0).toBe(closes)
  })
})

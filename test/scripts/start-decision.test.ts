import { describe, expect, it } from 'vitest'
import type { Seen } from '../../scripts/start-decision.mjs'
import { decideStart, earlyEnd, fallbackLine } from '../../scripts/start-decision.mjs'

const desktop: Seen = {
  platform: 'linux',
  isRoot: false,
  hasDisplay: true,
  electronPath: '/e/electron',
  downloadWanted: true,
}
const reasonFor = (changed: Partial<Seen>): string | undefined => {
  const decision = decideStart({ ...desktop, ...changed })
  return decision.kind === 'browser' ? decision.reason : undefined
}

describe('decideStart', () => {
  it('opens the window where Electron and a display are', () => {
    expect(decideStart(desktop)).toEqual({ kind: 'electron', path: '/e/electron' })
  })

  it('serves to the browser, and says why, where no window can open', () => {
    expect(reasonFor({ hasDisplay: false })).toContain('no display')
    expect(reasonFor({ isRoot: true })).toContain('root')
    expect(reasonFor({ electronPath: null, downloadWanted: false })).toContain(
      'ELECTRON_SKIP_BINARY_DOWNLOAD',
    )
  })

  it('asks the network only when nothing else stands in the way', () => {
    expect(decideStart({ ...desktop, electronPath: null })).toEqual({ kind: 'try-download' })
    expect(reasonFor({ electronPath: null, hasDisplay: false })).toContain('no display')
  })

  it.each(['darwin', 'win32'] as const)('needs no display variable on %s', (platform) => {
    expect(decideStart({ ...desktop, platform, hasDisplay: false, isRoot: false }).kind).toBe('electron')
  })
})

describe('earlyEnd', () => {
  it('takes a failure in the first seconds for a window that never opened', () => {
    expect(earlyEnd({ code: 127, signal: null, afterMs: 40 })).toContain('exit code 127')
    expect(earlyEnd({ code: null, signal: 'SIGTRAP', afterMs: 400 })).toContain('SIGTRAP')
  })

  it('does not take a closed window or a later crash for one', () => {
    expect(earlyEnd({ code: 0, signal: null, afterMs: 40 })).toBeNull()
    expect(earlyEnd({ code: 1, signal: null, afterMs: 60_000 })).toBeNull()
  })
})

describe('fallbackLine', () => {
  it('is one line with the reason', () => {
    const line = fallbackLine('there is no display')
    expect(line).toContain('there is no display')
    expect(line).not.toContain('\n')
  })
})

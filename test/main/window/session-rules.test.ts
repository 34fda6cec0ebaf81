import type { Session } from 'electron'
import { describe, expect, it } from 'vitest'
import { isAllowedRequest, setupSessionRules } from '../../../src/main/window/session-rules.ts'

describe('isAllowedRequest', () => {
  it.each([
    'app://lab/index.html',
    'devtools://devtools/x.html',
    'blob:app://lab/1',
    'data:image/png;base64,AA',
  ])('lets %s pass', (url) => {
    expect(isAllowedRequest(url, null)).toBe(true)
  })

  it.each([
    'https://example.org/',
    'http://localhost:5173/',
    'ws://localhost:5173/',
    'file:///etc/passwd',
    'ftp://a/',
    '',
  ])('stops "%s"', (url) => {
    expect(isAllowedRequest(url, null)).toBe(false)
  })

  it('lets the development server pass while developing, and no other', () => {
    const allowed = (url: string): boolean => isAllowedRequest(url, 'http://localhost:5173')
    expect(['http://localhost:5173/src/main.ts', 'ws://localhost:5173/?token=1'].every(allowed)).toBe(true)
    expect(['http://localhost:51730/', 'http://example.org/'].some(allowed)).toBe(false)
  })
})

describe('setupSessionRules', () => {
  it('denies every permission and every network request', () => {
    type Rules = Parameters<typeof setupSessionRules>[0]
    const seen: unknown[] = []
    const rules = {
      setPermissionRequestHandler: (
        handler: NonNullable<Parameters<Session['setPermissionRequestHandler']>[0]>,
      ) => handler({} as never, 'media', (granted) => seen.push(granted), {} as never),
      setPermissionCheckHandler: (handler: () => boolean) => seen.push(handler()),
      setDevicePermissionHandler: (handler: () => boolean) => seen.push(handler()),
      webRequest: {
        onBeforeRequest: (
          listener: (details: { url: string }, answer: (response: { cancel: boolean }) => void) => void,
        ) => listener({ url: 'https://example.org/' }, ({ cancel }) => seen.push(!cancel)),
      },
    }
    setupSessionRules(rules as unknown as Rules, null)
    expect(seen).toEqual([false, false, false, false])
  })
})

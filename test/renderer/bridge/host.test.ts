import { beforeEach, describe, expect, it, vi } from 'vitest'
import { connectToHost, sessionToken, socketUrl } from '../../../src/renderer/bridge/host.ts'
import { fakeHost } from '../fake-bridge.ts'

beforeEach(() => sessionStorage.clear())

describe('sessionToken', () => {
  it('takes the token of the address and keeps it for a reload', () => {
    expect(sessionToken('?token=a%2Bb', sessionStorage)).toBe('a+b')
    expect(sessionToken('', sessionStorage)).toBe('a+b')
  })

  it('prefers the address’s token to the kept one', () => {
    sessionToken('?token=old', sessionStorage)
    expect(sessionToken('?token=new', sessionStorage)).toBe('new')
  })
})

describe('socketUrl', () => {
  it('stays on the page’s origin', () => {
    expect(socketUrl({ protocol: 'http:', host: '127.0.0.1:8080' }, 'a+b')).toBe(
      'ws://127.0.0.1:8080/ipc?token=a%2Bb',
    )
    expect(socketUrl({ protocol: 'https:', host: 'lab' }, 't')).toBe('wss://lab/ipc?token=t')
  })
})

it('uses Electron’s bridge where there is one', () => {
  const { bridge } = fakeHost().connection
  vi.stubGlobal('dmalab', bridge)
  expect(connectToHost(window).bridge).toBe(bridge)
  vi.unstubAllGlobals()
})

import type { IpcMain } from 'electron'
import { describe, expect, it, vi } from 'vitest'
import { setupRegistrar } from '../../../src/main/ipc/registrar.ts'
import { LAB_ORIGIN } from '../../../src/main/ipc/trusted-page.ts'
import { INPUTS } from '../../../src/shared/ipc/contract.ts'

type Listener = (event: unknown, input: unknown) => Promise<unknown>

function register(origins: readonly string[] = [LAB_ORIGIN]) {
  const listeners = new Map<string, Listener>()
  const dispatch = vi.fn(() => Promise.resolve({ ok: true as const, value: 'done' }))
  const handle = (channel: string, listener: Listener): void => void listeners.set(channel, listener)
  setupRegistrar({ handle } as unknown as IpcMain, dispatch, origins)
  const call = (frame: unknown): Promise<unknown> | undefined =>
    listeners.get('app.info')?.({ senderFrame: frame }, { some: 'input' })
  return { listeners, dispatch, call }
}

describe('registrar', () => {
  it('registers every call of the contract', () => {
    expect([...register().listeners.keys()].sort()).toEqual(Object.keys(INPUTS).sort())
  })

  it('passes a call of the lab’s page on', async () => {
    const { call, dispatch } = register()
    expect(await call({ url: 'app://lab/index.html', parent: null })).toEqual({ ok: true, value: 'done' })
    expect(dispatch).toHaveBeenCalledWith('app.info', { some: 'input' })
  })

  it.each([
    ['another site', { url: 'https://example.org/', parent: null }],
    ['another host of the scheme', { url: 'app://lab.evil/', parent: null }],
    ['a file', { url: 'file:///lab/index.html', parent: null }],
    ['a frame inside the page', { url: 'app://lab/index.html', parent: {} }],
    ['an address that is none', { url: '', parent: null }],
    ['a frame that is gone', null],
  ])('refuses %s', async (_what, frame) => {
    const { call, dispatch } = register()
    expect(await call(frame)).toMatchObject({ ok: false, error: { code: 'refused' } })
    expect(dispatch).not.toHaveBeenCalled()
  })

  it('trusts the development server only when it is named', async () => {
    const frame = { url: 'http://localhost:5173/', parent: null }
    expect(await register().call(frame)).toMatchObject({ ok: false })
    expect(await register([LAB_ORIGIN, 'http://localhost:5173']).call(frame)).toMatchObject({ ok: true })
  })
})

import { describe, expect, it } from 'vitest'
import { createDispatch } from '../../../src/main/ipc/dispatch.ts'
import type { Handlers } from '../../../src/shared/ipc/contract.ts'
import { FailureError } from '../../../src/shared/ipc/failure.ts'

const reported: unknown[] = []
const calls: unknown[] = []

const handlers = {
  'app.info': () => Promise.reject(new Error('the disk caught fire')),
  'run.cancel': (input: unknown) => {
    calls.push(input)
    return Promise.resolve({ cancelled: true })
  },
  'examples.open': () => {
    throw new FailureError({ code: 'not-found', message: 'no such example' })
  },
} as unknown as Handlers
const dispatch = createDispatch(handlers, (error) => reported.push(error))

describe('dispatch', () => {
  it('answers a good call with its value', async () => {
    expect(await dispatch('run.cancel', { batch: 'b' })).toEqual({ ok: true, value: { cancelled: true } })
    expect(calls).toEqual([{ batch: 'b' }])
  })

  it.each([
    ['a missing field', {}, 'run.cancel.batch'],
    ['a wrong type', { batch: 7 }, 'run.cancel.batch'],
    ['a surplus field', { batch: 'b', path: '/etc' }, 'run.cancel'],
    ['nothing', undefined, 'run.cancel'],
  ])('refuses %s before the handler sees it, and says where', async (_what, input, place) => {
    const before = calls.length
    expect(await dispatch('run.cancel', input)).toMatchObject({
      ok: false,
      error: { code: 'bad-request', place },
    })
    expect(calls.length).toBe(before)
  })

  it.each(['no.such', '__proto__', 'constructor', 'toString'])(
    'refuses the unknown call %s',
    async (channel) => {
      expect(await dispatch(channel, {})).toMatchObject({
        ok: false,
        error: { code: 'bad-request', place: channel },
      })
    },
  )

  it('passes a failure on, also one that is thrown at once', async () => {
    expect(await dispatch('examples.open', { id: 'x' })).toEqual({
      ok: false,
      error: { code: 'not-found', message: 'no such example' },
    })
    expect(reported).toEqual([])
  })

  it('answers "internal" to an error that nobody foresaw, and reports it', async () => {
    expect(await dispatch('app.info', {})).toMatchObject({
      ok: false,
      error: { code: 'internal', place: 'app.info', message: 'the disk caught fire' },
    })
    expect(reported).toHaveLength(1)
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeRequest, encodeFrame } from '../../../src/shared/ipc/wire.ts'
import type { HostFrame, RequestFrame } from '../../../src/shared/ipc/wire.ts'
import { socketConnection } from '../../../src/renderer/bridge/socket.ts'
import type { Socket } from '../../../src/renderer/bridge/socket.ts'

class FakeSocket {
  binaryType: BinaryType = 'blob'
  onopen: Socket['onopen'] = null
  onclose: Socket['onclose'] = null
  onmessage: Socket['onmessage'] = null
  readonly sent: RequestFrame[] = []

  send(bytes: Uint8Array): void {
    this.sent.push(decodeRequest(bytes))
  }

  close(): void {
    this.fire('onclose')
  }

  fire(name: 'onopen' | 'onclose'): void {
    this[name]?.call(this as unknown as WebSocket, new Event(name) as CloseEvent)
  }

  receive(frame: HostFrame): void {
    const data = encodeFrame(frame).slice().buffer
    this.onmessage?.call(this as unknown as WebSocket, new MessageEvent('message', { data }))
  }
}

function connect() {
  const sockets: FakeSocket[] = []
  const connection = socketConnection(() => {
    const socket = new FakeSocket()
    sockets.push(socket)
    return socket as unknown as Socket
  })
  const states: string[] = []
  connection.onState((state) => states.push(state))
  return { connection, sockets, states, socket: sockets[0]! }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('socketConnection', () => {
  it('holds calls back until the connection is open', async () => {
    const { connection, socket } = connect()
    const answer = connection.bridge.invoke('run.cancel', { batch: 'b' })
    expect(socket.sent).toEqual([])
    socket.fire('onopen')
    expect(socket.sent).toEqual([{ id: 1, channel: 'run.cancel', input: { batch: 'b' } }])
    socket.receive({ id: 1, answer: { ok: true, value: { cancelled: true } } })
    expect(await answer).toEqual({ ok: true, value: { cancelled: true } })
  })

  it('gives each answer to its own call', async () => {
    const { connection, socket } = connect()
    socket.fire('onopen')
    const first = connection.bridge.invoke('app.info', {})
    const second = connection.bridge.invoke('examples.list', {})
    socket.receive({ id: 2, answer: { ok: true, value: [] } })
    socket.receive({ id: 1, answer: { ok: true, value: 'info' } })
    expect([await first, await second]).toEqual([
      { ok: true, value: 'info' },
      { ok: true, value: [] },
    ])
  })

  it('tells events to those who listen, until they stop', () => {
    const { connection, socket } = connect()
    const listener = vi.fn()
    const stop = connection.bridge.on('menu.command', listener)
    socket.receive({ event: 'menu.command', payload: { command: 'run.start' } })
    stop()
    socket.receive({ event: 'menu.command', payload: { command: 'run.cancel' } })
    expect(listener.mock.calls).toEqual([[{ command: 'run.start' }]])
  })

  it('answers pending and new calls with a failure when the connection is lost', async () => {
    const { connection, socket, states } = connect()
    socket.fire('onopen')
    const pending = connection.bridge.invoke('app.info', {})
    socket.fire('onclose')
    const failure = { ok: false, error: { code: 'io-error' } }
    expect(await pending).toMatchObject(failure)
    expect(await connection.bridge.invoke('app.info', {})).toMatchObject(failure)
    expect(states).toEqual(['connecting', 'open', 'closed'])
  })

  it('tries again by itself, ever more slowly, and at once when asked', () => {
    const { connection, sockets, states } = connect()
    sockets[0]!.fire('onclose')
    vi.advanceTimersByTime(499)
    expect(sockets).toHaveLength(1)
    vi.advanceTimersByTime(1)
    sockets[1]!.fire('onclose')
    vi.advanceTimersByTime(999)
    expect(sockets).toHaveLength(2)
    connection.reconnect()
    expect(sockets).toHaveLength(3)
    sockets[2]!.fire('onopen')
    vi.advanceTimersByTime(60_000)
    expect(sockets).toHaveLength(3)
    expect(states.at(-1)).toBe('open')
  })
})

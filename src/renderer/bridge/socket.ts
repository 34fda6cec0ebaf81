import type {
  Answer,
  Channel,
  EventName,
  Failure,
  HostEvents,
  Input,
  LabBridge,
  Outputs,
} from '../../shared/ipc/contract.ts'
import { decodeHostFrame, encodeFrame } from '../../shared/ipc/wire.ts'
import type { ConnectionState, LabConnection } from './connection.ts'

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 8000

/** The part of a WebSocket that is used, so that tests can stand in for the network. */
export type Socket = Pick<WebSocket, 'binaryType' | 'close' | 'send' | 'onopen' | 'onmessage' | 'onclose'>

const lost: Failure = {
  code: 'io-error',
  message: 'The connection to the lab was lost.',
  remedy:
    'See that "dmalab serve" still runs on this computer. The project in this window is kept; try again when the connection is back.',
}

/**
 * A host behind a WebSocket. Calls wait while the first connection is made; when a connection is lost its pending calls
 * answer `io-error`, and the connection is tried again, at first after half a second and later every 8 seconds.
 * @param openSocket starts a connection
 */
export function socketConnection(openSocket: () => Socket): LabConnection {
  const listeners = new Map<EventName, Set<(payload: never) => void>>()
  const stateListeners = new Set<(state: ConnectionState) => void>()
  const pending = new Map<number, (answer: Answer<never>) => void>()
  let waiting: Uint8Array<ArrayBuffer>[] = []
  let state: ConnectionState = 'connecting'
  let socket: Socket
  let lastId = 0
  let retryMs = FIRST_RETRY_MS
  let retry: ReturnType<typeof setTimeout> | undefined

  function enter(next: ConnectionState): void {
    state = next
    for (const listener of stateListeners) listener(next)
  }

  function receive(data: ArrayBuffer): void {
    const frame = decodeHostFrame(data)
    if ('event' in frame) {
      for (const listener of listeners.get(frame.event) ?? []) listener(frame.payload as never)
      return
    }
    const settle = pending.get(frame.id)
    pending.delete(frame.id)
    settle?.(frame.answer as Answer<never>)
  }

  function connect(): void {
    clearTimeout(retry)
    const current = openSocket()
    socket = current
    current.binaryType = 'arraybuffer'
    current.onopen = () => {
      retryMs = FIRST_RETRY_MS
      for (const frame of waiting) current.send(frame)
      waiting = []
      enter('open')
    }
    current.onmessage = (event: MessageEvent) => {
      if (event.data instanceof ArrayBuffer) receive(event.data)
    }
    current.onclose = () => {
      if (current !== socket) return
      waiting = []
      for (const settle of pending.values()) settle({ ok: false, error: lost })
      pending.clear()
      enter('closed')
      retry = setTimeout(connect, retryMs)
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)
    }
  }

  const bridge: LabBridge = {
    invoke<C extends Channel>(channel: C, input: Input<C>) {
      if (state === 'closed') return Promise.resolve<Answer<Outputs[C]>>({ ok: false, error: lost })
      lastId += 1
      const id = lastId
      const frame = encodeFrame({ id, channel, input })
      return new Promise<Answer<Outputs[C]>>((resolve) => {
        pending.set(id, resolve)
        if (state === 'open') socket.send(frame)
        else waiting.push(frame)
      })
    },
    on<E extends EventName>(event: E, listener: (payload: HostEvents[E]) => void) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set)
      set.add(listener)
      return () => set.delete(listener)
    },
  }

  connect()
  return {
    bridge,
    onState: (listener) => {
      stateListeners.add(listener)
      listener(state)
      return () => stateListeners.delete(listener)
    },
    reconnect: () => {
      if (state === 'closed') connect()
    },
  }
}

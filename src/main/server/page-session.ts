import type { WebSocket } from 'ws'
import type { EventFrame } from '../../shared/ipc/wire.ts'
import { decodeRequest, encodeFrame } from '../../shared/ipc/wire.ts'
import type { Emit } from '../handlers/host.ts'
import type { Dispatch } from '../ipc/dispatch.ts'

/** WebSocket close code for a peer that breaks the protocol (RFC 6455, 7.4.1). */
const PROTOCOL_ERROR = 1002

export function emitTo(socket: WebSocket): Emit {
  return (event, payload) => {
    if (socket.readyState === socket.OPEN) socket.send(encodeFrame({ event, payload } as EventFrame))
  }
}

async function answer(socket: WebSocket, dispatch: Dispatch, bytes: Buffer): Promise<void> {
  const { id, channel, input } = decodeRequest(bytes)
  const reply = encodeFrame({ id, answer: await dispatch(channel, input) })
  if (socket.readyState === socket.OPEN) socket.send(reply)
}

/** Answers the calls of one page. Bytes that are no call end the connection. */
export function serveCalls(socket: WebSocket, dispatch: Dispatch): void {
  socket.binaryType = 'nodebuffer'
  socket.on('message', (data: Buffer) => {
    answer(socket, dispatch, data).catch(() => socket.close(PROTOCOL_ERROR, 'not a call'))
  })
  socket.on('error', () => socket.terminate())
}

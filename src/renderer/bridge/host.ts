import type { LabBridge } from '../../shared/ipc/contract.ts'
import { localConnection } from './connection.ts'
import type { LabConnection } from './connection.ts'
import { socketConnection } from './socket.ts'

declare global {
  interface Window {
    /** Set by Electron's preload script. */
    readonly dmalab?: LabBridge
  }
}

const TOKEN = 'dmalab.token'

/** The secret that lets this page talk to the browser host: from the address it was opened with, kept for reloads. */
export function sessionToken(search: string, storage: Storage): string {
  const given = new URLSearchParams(search).get('token')
  if (given !== null) storage.setItem(TOKEN, given)
  return given ?? storage.getItem(TOKEN) ?? ''
}

/** Address of the browser host's WebSocket, on the page's own origin. */
export function socketUrl(location: Pick<Location, 'protocol' | 'host'>, token: string): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  return `${scheme}://${location.host}/ipc?token=${encodeURIComponent(token)}`
}

/** The host of this window: Electron when its preload script is there, else the server that the page came from. */
export function connectToHost(window: Window): LabConnection {
  if (window.dmalab !== undefined) return localConnection(window.dmalab)
  const url = socketUrl(window.location, sessionToken(window.location.search, window.sessionStorage))
  return socketConnection(() => new WebSocket(url))
}

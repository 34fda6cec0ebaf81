import type { IpcRendererEvent } from 'electron'
import { contextBridge, ipcRenderer } from 'electron'
import type { Answer, EventName, Failure, HostEvents, LabBridge } from '../shared/ipc/contract.ts'
import { CHANNELS, EVENTS } from './channels.ts'

const refused = (name: string): Failure => ({
  code: 'refused',
  place: name,
  message: 'is not a call of this program',
})

/** The page's one object. Only the contract's names pass, and Electron's event object never reaches the page. */
const bridge: LabBridge = {
  invoke: async (channel, input) => {
    if (!Object.hasOwn(CHANNELS, channel)) return { ok: false, error: refused(channel) }
    return (await ipcRenderer.invoke(channel, input)) as Answer<never>
  },
  on: <E extends EventName>(event: E, listener: (payload: HostEvents[E]) => void) => {
    if (!Object.hasOwn(EVENTS, event)) return () => undefined
    const forward = (_event: IpcRendererEvent, payload: HostEvents[E]): void => listener(payload)
    ipcRenderer.on(event, forward)
    return () => void ipcRenderer.removeListener(event, forward)
  },
}

contextBridge.exposeInMainWorld('dmalab', bridge)

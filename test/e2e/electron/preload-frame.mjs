import { pack, unpack } from './transfer.mjs'

/**
 * A script for the page that runs a preload script as Electron does: `require` knows `electron` only, what the page
 * sends must survive a structured clone, and what the page gets is frozen.
 */
export function preloadFrame(preloadText) {
  return `(() => {
  const pack = ${pack.toString()}
  const unpack = ${unpack.toString()}
  const invoke = window.standInInvoke
  const listeners = new Map()
  const ipcRenderer = {
    invoke: async (channel, input) => {
      const answer = unpack(await invoke(channel, pack(structuredClone(input))))
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer.value
    },
    on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
    removeListener: (channel, listener) =>
      listeners.set(channel, (listeners.get(channel) ?? []).filter((each) => each !== listener)),
  }
  window.standInReceive = (events) => {
    for (const { channel, payload } of unpack(events)) {
      for (const listener of listeners.get(channel) ?? []) listener({}, payload)
    }
  }
  const contextBridge = {
    exposeInMainWorld: (name, api) =>
      Object.defineProperty(window, name, { value: Object.freeze({ ...api }), enumerable: true }),
  }
  const require = (name) => {
    if (name !== 'electron') throw new Error('module not found: ' + name)
    return { contextBridge, ipcRenderer }
  }
  ;((require, module, exports) => {
${preloadText}
  })(require, { exports: {} }, {})
})()`
}

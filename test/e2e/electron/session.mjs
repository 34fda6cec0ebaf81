import { app } from './app.mjs'

const schemes = new Map()
const rules = {}

/** Records what the main process decides, and decides by it. */
export const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler) => (rules.request = handler),
    setPermissionCheckHandler: (handler) => (rules.check = handler),
    setDevicePermissionHandler: (handler) => (rules.device = handler),
    webRequest: { onBeforeRequest: (listener) => (rules.beforeRequest = listener) },
  },
}

export const protocol = {
  registerSchemesAsPrivileged() {
    if (app.ready) throw new Error('registerSchemesAsPrivileged must be called before the app is ready')
  },
  handle: (scheme, handler) => schemes.set(scheme, handler),
}

/** @returns whether the session's rules cancel a request */
export function isCancelled(url) {
  return new Promise((resolve) => {
    if (rules.beforeRequest === undefined) resolve(false)
    else rules.beforeRequest({ url }, ({ cancel }) => resolve(cancel === true))
  })
}

export async function fetchFromScheme(url) {
  const handler = schemes.get(new URL(url).protocol.slice(0, -1))
  return handler === undefined ? null : await handler({ url })
}

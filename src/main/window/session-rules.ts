import type { Session } from 'electron'

const LOCAL_SCHEMES = ['app:', 'devtools:', 'blob:', 'data:']

/**
 * Whether the page may load an address: the lab makes no network request at all.
 * @param devOrigin the development server's origin (`http://localhost:5173`), or null
 */
export function isAllowedRequest(url: string, devOrigin: string | null): boolean {
  if (!URL.canParse(url)) return false
  const parsed = new URL(url)
  if (LOCAL_SCHEMES.includes(parsed.protocol)) return true
  return (
    devOrigin !== null &&
    [devOrigin, devOrigin.replace(/^http/, 'ws')].includes(`${parsed.protocol}//${parsed.host}`)
  )
}

/** Denies every permission (Electron grants them by default) and cancels every request to a network. */
export function setupSessionRules(
  session: Pick<
    Session,
    'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'webRequest'
  >,
  devOrigin: string | null,
): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest((details, answer) =>
    answer({ cancel: !isAllowedRequest(details.url, devOrigin) }),
  )
}

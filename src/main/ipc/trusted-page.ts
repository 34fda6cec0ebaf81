/** The origin of the lab's own page under Electron. */
export const LAB_ORIGIN = 'app://lab'

/** Node gives non-special schemes the origin `null`, so scheme and host are compared. */
function originOf(url: string): string | null {
  try {
    const { protocol, host } = new URL(url)
    return `${protocol}//${host}`
  } catch {
    return null
  }
}

/** Whether a call from this frame is one of the lab's own page: its top frame, at one of the trusted origins. */
export function isTrustedFrame(
  frame: { readonly url: string; readonly isTop: boolean } | null,
  origins: readonly string[],
): boolean {
  if (frame === null || !frame.isTop) return false
  const origin = originOf(frame.url)
  return origin !== null && origins.includes(origin)
}

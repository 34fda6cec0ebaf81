/**
 * Values between the page and the stand-in's process travel as JSON; typed arrays as base64. Both functions are also
 * sent to the page as text, so they use nothing around them.
 */
export function pack(value) {
  return JSON.stringify(value, (_key, each) => {
    if (!ArrayBuffer.isView(each)) return each
    const bytes = new Uint8Array(each.buffer, each.byteOffset, each.byteLength)
    let text = ''
    for (let start = 0; start < bytes.length; start += 8192) {
      text += String.fromCharCode(...bytes.subarray(start, start + 8192))
    }
    return { $typed: each instanceof Float64Array ? 'Float64Array' : 'Uint8Array', $base64: btoa(text) }
  })
}

export function unpack(text) {
  if (text === undefined) return undefined
  return JSON.parse(text, (_key, each) => {
    if (typeof each !== 'object' || each === null || each.$typed === undefined) return each
    const bytes = Uint8Array.from(atob(each.$base64), (character) => character.charCodeAt(0))
    return each.$typed === 'Float64Array' ? new Float64Array(bytes.buffer) : bytes
  })
}

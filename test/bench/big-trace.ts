import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

const BLOCKS = 1 << 18
const LINES_PER_CHUNK = 4096

/**
 * Writes a trace of any length: an fio iolog of 4 KiB requests, 70% reads, at random over 1 GiB. The same number gives the same
 * bytes, and the first requests of a longer trace are those of a shorter one. Written piece by piece.
 * @param file packed with gzip when the name ends in `.gz`
 */
export async function writeBigTrace(file: string, requests: number): Promise<void> {
  const out = createWriteStream(file)
  const stream = file.endsWith('.gz') ? createGzip({ level: 1 }) : out
  if (stream !== out) stream.pipe(out)
  stream.write('fio version 2 iolog\n/dev/sda add\n/dev/sda open\n')
  let state = 1
  let chunk = ''
  for (let i = 1; i <= requests; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    const block = (state >>> 8) & (BLOCKS - 1)
    // The low bits of such a generator repeat soon; these are from its middle.
    const action = ((state >>> 4) & 0xfff) < 0xb33 ? 'read' : 'write'
    chunk += `/dev/sda ${action} ${block * 4096} 4096\n`
    if (i % LINES_PER_CHUNK !== 0 && i !== requests) continue
    if (!stream.write(chunk)) await once(stream, 'drain')
    chunk = ''
  }
  stream.end('/dev/sda close\n')
  await finished(out)
}

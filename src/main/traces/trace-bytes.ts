import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { FailureError } from '../../shared/ipc/failure.ts'
import { traceNotFound } from './trace-failure.ts'

/** The bytes of a trace file, unpacked when it is gzip, with the share of the file that was read. */
export interface TraceBytes {
  readonly chunks: AsyncIterableIterator<Uint8Array>
  /** 0 to 1, by bytes of the file as it lies on disk. */
  fraction(): number
  close(): void
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

function ioFailure(path: string, error: unknown): FailureError {
  const code = (error as { code?: unknown }).code
  if (code === 'ENOENT') return traceNotFound(path)
  if (code === 'Z_BUF_ERROR') {
    return new FailureError({
      code: 'io-error',
      place: path,
      message: 'the gzip data ends too early',
      remedy: 'The file was not copied or written to its end; copy or record it again.',
    })
  }
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new FailureError({
      code: 'io-error',
      place: path,
      message: `the gzip data is damaged (${error instanceof Error ? error.message : code})`,
      remedy: 'Copy or record the file again.',
    })
  }
  return new FailureError({
    code: 'io-error',
    place: path,
    message: `cannot be read (${error instanceof Error ? error.message : String(error)})`,
    remedy: 'Check that the file exists and that you may read it.',
  })
}

async function* failingClearly(path: string, stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
  } catch (error) {
    throw ioFailure(path, error)
  }
}

/**
 * Opens a trace file for reading chunk by chunk. gzip is known by its first two bytes, whatever the name says.
 * @throws FailureError `not-found` or `io-error`; so does `chunks`
 */
export async function openTraceBytes(path: string): Promise<TraceBytes> {
  try {
    const info = await stat(path)
    if (!info.isFile()) {
      throw new FailureError({
        code: 'io-error',
        place: path,
        message: 'is not a regular file',
        remedy: 'Choose a trace file.',
      })
    }
    const gzip = await isGzip(path)
    const file = createReadStream(path)
    // pipeline hands an error of either stream to the other; the reader of `chunks` receives it.
    const stream = gzip ? pipeline(file, createGunzip(), () => undefined) : file
    // The reader of `chunks` may not be waiting when an error comes; it finds it on the stream later.
    for (const each of [file, stream]) each.on('error', () => undefined)
    return {
      chunks: failingClearly(path, stream),
      fraction: () => (info.size === 0 ? 1 : Math.min(1, file.bytesRead / info.size)),
      close: () => {
        stream.destroy()
        file.destroy()
      },
    }
  } catch (error) {
    throw error instanceof FailureError ? error : ioFailure(path, error)
  }
}

import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ioFailure } from '../main/handlers/io-failure.ts'
import { chromeTrace } from '../sim/lab/history/chrome-trace.ts'
import type { History } from '../sim/lab/history/history.ts'
import { speedscope } from '../sim/lab/history/speedscope.ts'

/** `chrome`: for ui.perfetto.dev and chrome://tracing. `speedscope`: for speedscope.app. */
export const HISTORY_FORMATS = ['chrome', 'speedscope'] as const
export type HistoryFormat = (typeof HISTORY_FORMATS)[number]

/** Pieces of text are gathered to about this many characters before they are written. */
const CHUNK = 1 << 16

export interface HistoryFile {
  readonly file: string
  readonly format: HistoryFormat
  /** What the viewer calls the run. */
  readonly title: string
  readonly version: string
}

/**
 * Writes a history piece by piece, so that a long one needs little memory; the whole file or nothing.
 * @throws FailureError when the file cannot be written
 */
export async function writeHistory(history: History, target: HistoryFile): Promise<void> {
  const { file } = target
  const part = `${file}.${process.pid}.part`
  try {
    await pipeline(Readable.from(gathered(piecesOf(history, target))), createWriteStream(part))
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw ioFailure(error, file, 'cannot be written')
  }
}

function piecesOf(history: History, { format, title, version }: HistoryFile): Iterable<string> {
  if (format === 'chrome') return chromeTrace(history)
  return speedscope(history, { name: title, exporter: `dmalab@${version}` })
}

function* gathered(pieces: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const piece of pieces) {
    chunk += piece
    if (chunk.length < CHUNK) continue
    yield chunk
    chunk = ''
  }
  yield chunk
}

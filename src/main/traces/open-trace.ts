import { FailureError } from '../../shared/ipc/failure.ts'
import type { TraceWorkload } from '../../sim/lab/scenario.ts'
import { TraceError } from '../../sim/workload/trace/trace-error.ts'
import { TraceParser } from '../../sim/workload/trace/trace-parser.ts'
import { TraceSource } from '../../sim/workload/trace/trace-source.ts'
import { TextLines } from './text-lines.ts'
import { openTraceBytes } from './trace-bytes.ts'
import type { TraceBytes } from './trace-bytes.ts'
import { traceFailure } from './trace-failure.ts'

/** Most requests that a stream buffers, and so the most that `fill` can be asked for. */
export const TRACE_BUFFER_REQUESTS = 32_768

/** A trace on disk, read as far as the run needs it. Memory does not grow with the trace. */
export class TraceStream {
  readonly source: TraceSource
  readonly #path: string
  readonly #bytes: TraceBytes
  readonly #parser: TraceParser
  readonly #lines = new TextLines()
  #failure: Error | null = null

  /** @param path named in errors */
  constructor(path: string, bytes: TraceBytes, workload: TraceWorkload, deviceBytes: number) {
    this.#path = path
    this.#bytes = bytes
    this.#parser = new TraceParser({
      format: workload.format,
      units: workload.units,
      deviceBytes,
      capacity: TRACE_BUFFER_REQUESTS,
    })
    this.source = new TraceSource(this.#parser, workload.limit)
  }

  /**
   * Reads on until at least `minRequests` wait in `source`, or all that there are. What follows the last request that
   * the workload's limit allows is not looked at. One call at a time.
   * @throws FailureError `io-error` or `bad-project` naming the file and line; the stream is closed
   * then, and each later call fails likewise
   * @throws RangeError when asked for more than TRACE_BUFFER_REQUESTS
   */
  async fill(minRequests: number): Promise<void> {
    if (minRequests > TRACE_BUFFER_REQUESTS)
      throw new RangeError(`fill can be asked for ${TRACE_BUFFER_REQUESTS} requests at most`)
    if (this.#failure !== null) throw this.#failure
    try {
      while (this.source.buffered < minRequests && !this.source.complete) {
        if (!this.#parseBuffered()) await this.#readChunk()
      }
      if (this.source.complete) this.close()
    } catch (error) {
      this.close()
      if (!(error instanceof Error)) throw error
      this.#failure = error instanceof TraceError ? traceFailure(this.#path, error) : error
      throw this.#failure
    }
  }

  /** How much of the file was read, 0 to 1, by bytes on disk. */
  fraction(): number {
    return this.#bytes.fraction()
  }

  /** Lets go of the file; what is buffered can still be drawn. May be called twice. */
  close(): void {
    this.#bytes.close()
  }

  /** Parses what was read, as far as there is room. @returns false when there was no whole line left to parse */
  #parseBuffered(): boolean {
    const ring = this.#parser.ring
    let parsed = false
    while (ring.size < ring.capacity && !this.source.complete) {
      const line = this.#nextLine()
      if (line === null) break
      this.#parser.push(line)
      parsed = true
    }
    return parsed
  }

  async #readChunk(): Promise<void> {
    const chunk = await this.#bytes.chunks.next()
    if (chunk.done === true) this.#parser.end(this.#lines.rest)
    else this.#lines.add(chunk.value)
  }

  #nextLine(): string | null {
    try {
      return this.#lines.next()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new FailureError({
        code: 'io-error',
        place: `${this.#path}, line ${this.#parser.lines + 1}`,
        message: 'the line is longer than 64 KiB, so this is not a text trace',
        remedy: 'Choose an fio iolog or MSR Cambridge CSV; binary traces must be converted first.',
      })
    }
  }
}

/**
 * Opens a trace for replay.
 * @param path of the file, from resolveTracePath
 * @param deviceBytes size of the device that the requests must fit on
 * @throws FailureError `not-found` or `io-error` when the file cannot be opened; its lines are read by `fill`
 */
export async function openTrace(
  workload: TraceWorkload,
  path: string,
  deviceBytes: number,
): Promise<TraceStream> {
  return new TraceStream(path, await openTraceBytes(path), workload, deviceBytes)
}

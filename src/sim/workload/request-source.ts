import type { RequestKind } from './request-kind.ts'

/** One request for the device. A record that the caller owns and a source fills in, so that drawing a request allocates nothing. */
export interface IoRequest {
  kind: RequestKind
  write: boolean
  /** Bytes from the start of the device; a multiple of 512. */
  offset: number
  /** Length in bytes; a positive multiple of 512. */
  bytes: number
  /** Recorded time since the first request, in nanoseconds; never falls from one request to the next; 0 when unknown. */
  atNs: number
}

/** Where a run takes its requests from, in order. */
export interface RequestSource {
  /** Lines read so far that hold neither a read nor a write (file management, sync, trim, wait); 0 when there are no lines. */
  readonly skipped: number
  /**
   * Fills `out` with the next request. Allocates nothing.
   * @returns false, leaving `out` alone, when there are no more requests
   */
  next(out: IoRequest): boolean
}

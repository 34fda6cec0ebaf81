import type { IoRequest } from './request-source.ts'

/** What became of a request so far: its thread sleeps, ... */
export const ASLEEP = 0
/** ... it is complete, ... */
export const DONE = 1
/** ... or it is complete, with an error. */
export const FAILED = 2
export type Progress = typeof ASLEEP | typeof DONE | typeof FAILED

/**
 * Carries out the requests of one kind, as the process behind a thread would: by calls of the kernel. It keeps what it knows of
 * each thread's request; a thread has one at a time. All of it runs on the thread's processor, as the thread.
 */
export interface RequestHandler {
  /** Call site that the time of a request is charged below. */
  siteOf(request: IoRequest): number
  /** A thread takes up a request; the record stays as it is until the request is complete. */
  begin(thread: number, request: IoRequest): void
  /** Goes as far as it can without sleeping: after `begin`, and each time the thread is woken. */
  proceed(thread: number): Progress
}

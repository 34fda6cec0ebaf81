/** What a request asks of the kernel; indexes the handlers of a run. */
export const KIND_BLOCK = 0
export const KIND_PASS = 1
/** Around the buffer cache. */
export const KIND_PHYSIO = 2
export type RequestKind = number

/** Of each hundred requests of a job, those of one kind. */
export interface KindShare {
  readonly kind: RequestKind
  readonly percent: number
}

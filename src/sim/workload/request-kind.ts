/** What a request asks of the kernel; indexes the handlers of a run. */
export const KIND_BLOCK = 0
/** A file is sent to the network (sendfile); `write` of the request means nothing. */
export const KIND_SENDFILE = 2
/** Around the buffer cache. */
export const KIND_PHYSIO = 1
export type RequestKind = number

/** Of each hundred requests of a job, those of one kind. */
export interface KindShare {
  readonly kind: RequestKind
  readonly percent: number
}

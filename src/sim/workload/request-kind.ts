/** What a request asks of the kernel; indexes the handlers of a run. */
export const KIND_BLOCK = 0
/** A small command for the disk. */
export const KIND_PASS = 1
/** Around the buffer cache. */
export const KIND_PHYSIO = 2
/** Looks at a file's metadata, or changes it; `offset` is the number of the file, and no bytes are the user's. */
export const KIND_METADATA = 3
/** Sends a part of the disk to the network (sendfile); `write` means nothing. */
export const KIND_SENDFILE = 4
export type RequestKind = number

/** Of each hundred requests of a job, those of one kind. */
export interface KindShare {
  readonly kind: RequestKind
  readonly percent: number
}

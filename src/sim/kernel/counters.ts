import { WIDE } from '../engine/wide.ts'
import { MSF_CREATED, MSF_PASSED, MSF_RECREATED, MsfCounts } from './msf-buf/msf-counts.ts'

/** What the kernel counts while it works; the lab's metrics are made of these. */
export class KernelCounters {
  kvaMaps = 0
  kvaUnmaps = 0
  kvaBytes = 0
  kvaBytesMax = 0
  pteWrites = 0
  pageListsBuilt = 0
  kvaTranslations = 0
  bytesBounced = WIDE
  bounceWaits = 0
  bytesCopied = WIDE
  msf = new MsfCounts()
  cacheHits = 0
  cacheMisses = 0
  /** Interrupts that the device sent. */
  deviceInterrupts = 0
  /** Commands that a device ended with an error. */
  deviceErrors = 0
  /** Requests sent to the device once more after an error. */
  commandRetries = 0
  /** Times that a driver looked after a command because it took too long. */
  commandTimeouts = 0
  /** Parts of requests beyond their first. */
  requestSplits = 0
  /** Of the misses, those whose pages were all in memory and valid: no transfer followed. */
  vmCacheHits = 0
  /** Searches of the buffer map that found no hole, so that a buffer had to give its range up. */
  bufdefragcnt = 0
  /** Ranges of the buffer map given to buffers. */
  bufreusecnt = 0
  /** Ranges given back. */
  buffreekvacnt = 0
  /** Calls of bdwrite. */
  delayedWrites = 0
  /** Writes that the buf daemon started. */
  daemonWrites = 0
  /** Pass-through commands that are complete. */
  passRequests = 0
  /** Mapped looks into a buffer that the file system asked for. */
  metadataViews = 0
  /** Transfers that read a row of blocks, and that wrote one. */
  clustersRead = 0
  clustersWritten = 0
  /** Blocks of those rows beyond the first of each. */
  blocksClustered = 0
  /** Reads that nobody had asked for yet. */
  readAheads = 0
  /** Times that a thread slept because no pbuf was free. */
  pbufWaits = 0

  constructor() {
    this.bytesBounced = 0
    this.bytesCopied = 0
  }

  get msfCreated(): number {
    return this.msf.total(MSF_CREATED)
  }

  get msfRecreated(): number {
    return this.msf.total(MSF_RECREATED)
  }

  get msfPassed(): number {
    return this.msf.total(MSF_PASSED)
  }

  /** Starts counting afresh; what is mapped now stays mapped. */
  reset(): void {
    const mapped = this.kvaBytes
    Object.assign(this, new KernelCounters())
    this.kvaBytes = mapped
    this.kvaBytesMax = mapped
  }

  /** Data of `bytes` (negative: less) is mapped in KVA. */
  addMapped(bytes: number): void {
    this.kvaBytes += bytes
    if (this.kvaBytes > this.kvaBytesMax) this.kvaBytesMax = this.kvaBytes
  }
}

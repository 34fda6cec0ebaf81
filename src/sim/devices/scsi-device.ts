import type { SegmentList } from './segment-list.ts'

/** A SCSI device behind any host adapter: it takes the bytes of CDBs and answers with a status byte. Commands go by tags. */
export interface ScsiDevice {
  /**
   * A command arrives. @param length bytes of the CDB @param at now, ns
   * @param isOrdered it keeps its place among the others: an ordered tag
   * @returns when it wants to move data, ns
   */
  accept(tag: number, cdb: Uint8Array, length: number, at: number, isOrdered?: boolean): number
  /** The command's data goes to the initiator: the adapter writes memory. */
  sendsData(tag: number): boolean
  /** Moves the data of a command and ends it. @param at now, ns @returns the SCSI status */
  finish(tag: number, segments: SegmentList, at: number): number
  /** Bytes that the command that ended last moved; what the initiator offered beyond them is its residual. */
  readonly movedBytes: number
  /** The interrupt of the command that ended last gets lost. */
  readonly losesInterrupt: boolean
  /** Fixed-format sense data of the last command with a tag, for adapters that fetch it themselves. */
  senseData(tag: number): Uint8Array
}

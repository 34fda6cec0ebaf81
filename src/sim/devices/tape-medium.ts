/** What a tape holds at a place. */
export type TapeRecord = Uint8Array | typeof FILEMARK
export const FILEMARK = null

/** A tape: blocks and filemarks one after another. What is written at a place ends the recording there. */
export class TapeMedium {
  readonly capacity: number
  readonly earlyWarning: number
  private readonly records: TapeRecord[] = []
  private place = 0
  private used = 0

  /** @param capacity bytes of blocks that fit @param earlyWarning bytes before the end from which on writers are warned */
  constructor(capacity: number, earlyWarning: number) {
    this.capacity = capacity
    this.earlyWarning = earlyWarning
  }

  /** Number of the record under the head. */
  get position(): number {
    return this.place
  }

  get isAtEndOfData(): boolean {
    return this.place === this.records.length
  }

  /** Where writing goes on, the end is near. */
  get isNearEnd(): boolean {
    return this.used >= this.capacity - this.earlyWarning
  }

  /** The record under the head; undefined behind the last. */
  get current(): TapeRecord | undefined {
    return this.records[this.place]
  }

  rewind(): void {
    this.place = 0
  }

  forward(): void {
    this.place++
  }

  back(): void {
    this.place--
  }

  toEndOfData(): void {
    this.place = this.records.length
  }

  /** Whether a block of so many bytes fits behind what lies before the head. */
  hasRoom(bytes: number): boolean {
    this.cut()
    return this.used + bytes <= this.capacity
  }

  /** Writes a record, which becomes the last. */
  append(record: TapeRecord): void {
    this.cut()
    this.records.push(record)
    this.used += record?.length ?? 0
    this.place++
  }

  private cut(): void {
    while (this.records.length > this.place) this.used -= this.records.pop()?.length ?? 0
  }
}

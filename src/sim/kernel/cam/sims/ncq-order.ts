const FREE = 0
const QUEUED = 1
const UNQUEUED = 2

/**
 * Keeps queued commands (NCQ) and others apart, which a drive does not take at the same time (ahci_issue_pending_commands): a
 * command of the other kind waits until the drive has ended all it has, and what comes after waits behind it.
 */
export class NcqOrder {
  private readonly issue: (slot: number) => void
  /** What each slot is used for: nothing, or a command that is at the drive or waits. */
  private readonly kinds: Uint8Array
  private readonly waiting: number[] = []
  private active = 0
  private activeKind = FREE

  /** @param issue gives a slot's command to the drive */
  constructor(slots: number, issue: (slot: number) => void) {
    this.issue = issue
    this.kinds = new Uint8Array(slots)
  }

  /** A slot's command is ready for the drive. A slot that was given up may come again. */
  start(slot: number, isQueued: boolean): void {
    if (this.kinds[slot] !== FREE) this.ended(slot)
    this.kinds[slot] = isQueued ? QUEUED : UNQUEUED
    if (this.waiting.length === 0 && this.fits(slot)) this.send(slot)
    else this.waiting.push(slot)
  }

  /** The drive, or the driver's patience, ended a slot's command. */
  ended(slot: number): void {
    if (this.kinds[slot] === FREE) return
    this.kinds[slot] = FREE
    const place = this.waiting.indexOf(slot)
    if (place >= 0) this.waiting.splice(place, 1)
    else this.active--
  }

  /** Gives the drive what may follow now. */
  goOn(): void {
    while (this.waiting.length > 0 && this.fits(this.waiting[0]!)) this.send(this.waiting.shift()!)
  }

  private fits(slot: number): boolean {
    return this.active === 0 || (this.activeKind === QUEUED && this.kinds[slot] === QUEUED)
  }

  private send(slot: number): void {
    this.active++
    this.activeKind = this.kinds[slot]!
    this.issue(slot)
  }
}

/** What a recorder looks for while it writes: codes of records, and one request's beginning. */
export class Breakpoints {
  private readonly codes = new Uint8Array(0x10000)
  private request = NaN
  /** Number of the first record that was looked for since `rearm`; -1 without one. */
  hit = -1

  /** @param code a call site, or EVENT_BASE plus an event's number */
  onCode(code: number): void {
    this.codes[code] = 1
  }

  onRequest(request: number): void {
    this.request = request
  }

  clear(): void {
    this.codes.fill(0)
    this.request = NaN
    this.hit = -1
  }

  rearm(): void {
    this.hit = -1
  }

  recorded(number: number, code: number): void {
    if (this.hit < 0 && this.codes[code] === 1) this.hit = number
  }

  began(request: number, record: number): void {
    if (this.hit < 0 && request === this.request) this.hit = record
  }
}

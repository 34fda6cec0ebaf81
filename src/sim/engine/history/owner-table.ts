import { NO_REQUEST } from './record-ring.ts'

/** Which request the objects of one kind (threads, CCBs, buffers) work for, by the objects' small numbers. */
export class OwnerTable {
  private owners = new Int32Array(64).fill(NO_REQUEST)

  get bytes(): number {
    return this.owners.byteLength
  }

  of(id: number): number {
    return this.owners[id] ?? NO_REQUEST
  }

  set(id: number, request: number): void {
    if (id >= this.owners.length) this.growTo(id + 1)
    this.owners[id] = request
  }

  private growTo(least: number): void {
    const owners = new Int32Array(Math.max(least, this.owners.length * 2)).fill(NO_REQUEST)
    owners.set(this.owners)
    this.owners = owners
  }
}

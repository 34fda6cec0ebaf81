import { SmallMachine } from './small-machine.ts'

/** A small machine whose pages hold bytes. */
export class ByteMachine extends SmallMachine {
  private readonly frames = new Map<number, Uint8Array>()

  override bounceCopy(from: number, to: number, bytes: number): void {
    if ((from % 4096) + bytes > 4096 || (to % 4096) + bytes > 4096) throw new Error('a copy crosses a page')
    super.bounceCopy(from, to, bytes)
    for (let i = 0; i < bytes; i++) this.write(to + i, this.read(from + i))
  }

  read(paddr: number): number {
    return this.frame(paddr)[paddr % 4096] as number
  }

  write(paddr: number, value: number): void {
    this.frame(paddr)[paddr % 4096] = value
  }

  private frame(paddr: number): Uint8Array {
    const pfn = Math.floor(paddr / 4096)
    let frame = this.frames.get(pfn)
    if (frame === undefined) this.frames.set(pfn, (frame = new Uint8Array(4096)))
    return frame
  }
}

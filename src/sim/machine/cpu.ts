import { WIDE } from '../engine/wide.ts'
import { Tlb } from './tlb.ts'

/**
 * A processor: how far its time is used up, and its TLB. Work handed to it starts when it is free and runs to its end;
 * interrupts and IPIs that arrive meanwhile take their time after it.
 */
export class Cpu {
  readonly id: number
  /** Number of the socket that it sits in. */
  readonly socket: number
  readonly tlb: Tlb
  /** Simulated ns until which this processor is busy. */
  clock = WIDE
  /** A shootdown skipped this processor while it was idle; it flushes its TLB before it runs again. */
  flushOnWake = false
  /** Threads that never leave it idle, whatever its clock says: they spin, or run again at once. */
  runnable = 0
  /** Between these two times it holds a lock that masks interrupts, and answers none. */
  deafFrom = WIDE
  deafUntil = WIDE
  /** Ns of work done since the last reset. */
  busyNs = WIDE

  constructor(id: number, socket: number, tlbEntries: number, tlbWays: number) {
    this.id = id
    this.clock = 0
    this.deafFrom = 0
    this.deafUntil = 0
    this.busyNs = 0
    this.socket = socket
    this.tlb = new Tlb(tlbEntries, tlbWays)
  }

  /** Uses up `ns` of its time. */
  spend(ns: number): void {
    this.clock = ns + this.clock
    this.busyNs = ns + this.busyNs
  }
}

import { Site } from '../kernel/call-sites.ts'
import type { KernelCounters } from '../kernel/counters.ts'
import { OK } from '../kernel/errno.ts'
import { NONE } from '../kernel/cam/pass.ts'
import type { PassPeripheral } from '../kernel/cam/pass.ts'
import { PASS_COMMANDS } from '../kernel/cam/pass-commands.ts'
import type { Ledger } from './ledger.ts'
import { ASLEEP, DONE, FAILED } from './request-handler.ts'
import type { Progress, RequestHandler } from './request-handler.ts'
import type { IoRequest } from './request-source.ts'

export interface PassRequestsParts {
  readonly pass: PassPeripheral
  readonly counters: KernelCounters
  readonly ledger: Ledger
  /** Size of the disk, which it must tell. */
  readonly sectors: number
}

/**
 * Small commands for the disk, as programs that watch over it send them: who it is, its size, its caching and its last error,
 * in turn. The thread sleeps until the answer is there, and checks it; a wrong one counts as a sector found wrong does.
 */
export class PassRequests implements RequestHandler {
  private readonly parts: PassRequestsParts
  /** Of each thread: its CCB, or NONE, and the command that it sends. */
  private readonly ccbs: Int32Array
  private readonly commands: Uint8Array

  constructor(parts: PassRequestsParts, threads: number) {
    this.parts = parts
    this.ccbs = new Int32Array(threads).fill(NONE)
    this.commands = Uint8Array.from({ length: threads }, (_, thread) => thread % PASS_COMMANDS)
  }

  siteOf(): number {
    return Site.ioctl
  }

  /** The request's bytes become those of the answer. */
  begin(thread: number, request: IoRequest): void {
    const { pass } = this.parts
    request.write = false
    request.offset = 0
    request.bytes = pass.command(this.commands[thread]!).bytes
  }

  proceed(thread: number): Progress {
    const { pass } = this.parts
    const command = pass.command(this.commands[thread]!)
    const mine = this.ccbs[thread]!
    if (mine === NONE) {
      const index = pass.cam_periph_getccb()
      this.ccbs[thread] = index
      if (index !== NONE) pass.passsendccb(index, command)
      return ASLEEP
    }
    if (pass.isBusy(mine)) return ASLEEP
    return this.end(thread, mine)
  }

  private end(thread: number, index: number): Progress {
    const { pass, counters, ledger, sectors } = this.parts
    const command = pass.command(this.commands[thread]!)
    const error = pass.errorOf(index)
    if (error === OK && !command.isRight(pass.readAnswer(index, command.bytes), sectors)) ledger.errors++
    pass.xpt_release_ccb(index)
    counters.passRequests++
    this.ccbs[thread] = NONE
    this.commands[thread] = (this.commands[thread]! + 1) % PASS_COMMANDS
    return error === OK ? DONE : FAILED
  }
}

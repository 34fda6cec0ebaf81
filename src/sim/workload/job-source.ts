import type { Random } from '../engine/random.ts'
import { KIND_BLOCK, KIND_METADATA } from './request-kind.ts'
import type { KindShare, RequestKind } from './request-kind.ts'
import type { IoRequest, RequestSource } from './request-source.ts'

export interface JobPlan {
  readonly pattern: 'sequential' | 'random' | 'mixed'
  readonly randomPercent: number
  readonly readPercent: number
  /** A multiple of 512. */
  readonly requestBytes: number
  readonly requests: number
  /** At least requestBytes. */
  readonly spanBytes: number
  /** Kinds other than block requests, with their shares; together at most 100 per cent. */
  readonly mix: readonly KindShare[]
  /** Files that requests for metadata choose among; 0 for a job without any. */
  readonly files: number
}

/** A synthetic workload: requests of one size, aligned to their size, from the start of the device on. */
export class JobSource implements RequestSource {
  readonly skipped = 0
  private readonly plan: JobPlan
  private readonly random: Random
  private readonly mix: readonly KindShare[]
  private readonly slots: number
  private readonly randomShare: number
  private issued = 0
  private nextSlot = 0

  constructor(plan: JobPlan, random: Random) {
    this.plan = plan
    this.random = random
    this.mix = plan.mix.filter((share) => share.percent > 0)
    this.slots = Math.floor(plan.spanBytes / plan.requestBytes)
    this.randomShare = { sequential: 0, random: 100, mixed: plan.randomPercent }[plan.pattern]
  }

  next(out: IoRequest): boolean {
    if (this.issued === this.plan.requests) return false
    this.issued++
    out.kind = this.nextKind()
    out.atNs = 0
    if (out.kind === KIND_METADATA) {
      out.write = this.random.below(100) >= this.plan.readPercent
      out.offset = this.random.below(this.plan.files)
      out.bytes = 0
      return true
    }
    const slot = this.random.below(100) < this.randomShare ? this.random.below(this.slots) : this.nextSlot
    this.nextSlot = slot + 1 === this.slots ? 0 : slot + 1
    out.write = this.random.below(100) >= this.plan.readPercent
    out.offset = slot * this.plan.requestBytes
    out.bytes = this.plan.requestBytes
    return true
  }

  /** A job of block requests alone draws no number for it. */
  private nextKind(): RequestKind {
    if (this.mix.length === 0) return KIND_BLOCK
    let drawn = this.random.below(100)
    for (const { kind, percent } of this.mix) {
      if (drawn < percent) return kind
      drawn -= percent
    }
    return KIND_BLOCK
  }
}

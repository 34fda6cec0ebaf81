import type { Sanitizer } from '../../machine/sanitizer.ts'
import type { BounceZone } from './bounce-zone.ts'

function nameOf(zone: BounceZone): string {
  return `bounce zone up to 0x${zone.lowaddr.toString(16)}`
}

/** Reports a zone whose counts do not add up: total = free + reserved + active. */
export function auditZone(sanitizer: Sanitizer, zone: BounceZone, leaf: string): void {
  const { total, free, reserved, active, unit } = zone
  if (free + reserved + active === total) return
  sanitizer.report(
    'bounce-accounting',
    leaf,
    () => `${nameOf(zone)}: ${free} free, ${reserved} reserved and ${active} active of ${total} ${unit}`,
  )
}

/** Reports what a zone still lends when every transfer is over, and a free list that its counts do not agree with. */
export function auditZoneAtEnd(sanitizer: Sanitizer, zone: BounceZone): void {
  auditZone(sanitizer, zone, 'end of run')
  const { free, reserved, active, unit } = zone
  const waitingCount = zone.waiters.count
  const listed = zone.freeList().length
  if (listed !== free + reserved)
    sanitizer.report(
      'bounce-accounting',
      'end of run',
      () => `${nameOf(zone)}: ${listed} ${unit} on the free list, ${free} free and ${reserved} reserved`,
    )
  if (active + reserved + waitingCount > 0)
    sanitizer.report(
      'bounce-leak',
      'end of run',
      () => `${nameOf(zone)}: ${active} ${unit} active, ${reserved} reserved, ${waitingCount} loads waiting`,
    )
}

/** Who an msf_buf belongs to: the layer that embeds it, or that took it from the pool. */
export const MSF_LAYERS = [
  'bufcache',
  'filesystem',
  'physio',
  'peripheral',
  'driver',
  'network',
  'pool',
] as const
export type MsfLayer = (typeof MSF_LAYERS)[number]

/**
 * What is counted of msf_bufs. `created`: made by a create call. `recreated`: made of the data of another layer's, at a border.
 * `passed`: handed by this layer to the one below, which uses it as it is. `mapped`: msf_require_buf entered its pages.
 * `translated`: msf_require_xio walked its mapping back to pages. `bounced`: a load of it took bounce pages.
 */
export const MSF_EVENTS = ['created', 'recreated', 'passed', 'mapped', 'translated', 'bounced'] as const
export type MsfEvent = (typeof MSF_EVENTS)[number]

/** Numbers of the layers, for msf_bufs to carry. */
export const MsfOwner = Object.fromEntries(MSF_LAYERS.map((layer, number) => [layer, number])) as Readonly<
  Record<MsfLayer, number>
>

const EVENTS = MSF_EVENTS.length

export const MSF_CREATED = 0
export const MSF_RECREATED = 1
export const MSF_PASSED = 2
export const MSF_MAPPED = 3
export const MSF_TRANSLATED = 4
export const MSF_BOUNCED = 5

/** A count for each event of each layer's msf_bufs. */
export class MsfCounts {
  private readonly counts = new Float64Array(MSF_LAYERS.length * EVENTS)

  /** @param event MSF_CREATED and so on @param owner a number of MsfOwner */
  count(event: number, owner: number): void {
    this.counts[owner * EVENTS + event]! += 1
  }

  of(event: number, owner: number): number {
    return this.counts[owner * EVENTS + event]!
  }

  /** Of all layers. */
  total(event: number): number {
    let sum = 0
    for (let owner = 0; owner < MSF_LAYERS.length; owner++) sum += this.of(event, owner)
    return sum
  }
}

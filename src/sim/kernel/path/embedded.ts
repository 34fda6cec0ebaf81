import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'
import { MsfBuf } from '../msf-buf/msf-buf.ts'
import { MsfOwner } from '../msf-buf/msf-counts.ts'
import { AdjacentPath } from './adjacent.ts'

/**
 * Step 1 of the post's roadmap: the buffer cache, the disk peripheral and the driver each embed an msf_buf of their own, and
 * make it anew of the mapped buffer at each border. What one layer knows of the pages is lost at the next, so the driver has
 * the mapping walked back to pages for every command.
 */
export class EmbeddedPath extends AdjacentPath {
  /** The msf_bufs that the peripheral's and the driver's part of each CCB embed, by CCB. */
  private readonly ofPeripheral: MsfBuf[] = []
  private readonly ofDriver: MsfBuf[] = []

  override toDevice(buf: Buf, ccb: Ccb): void {
    super.toDevice(buf, ccb)
    this.embed(this.ofPeripheral, MsfOwner.peripheral, ccb, buf.msf)
  }

  toAdapter(ccb: Ccb): void {
    this.embed(this.ofDriver, MsfOwner.driver, ccb, this.ofPeripheral[ccb.id]!)
  }

  done(_buf: Buf, ccb: Ccb): void {
    this.drop(this.ofDriver[ccb.id]!)
    this.drop(this.ofPeripheral[ccb.id]!)
  }

  /** The layer below the border makes its msf_buf of what the layer above has mapped. A retry crosses the border again. */
  private embed(layer: MsfBuf[], owner: number, ccb: Ccb, above: MsfBuf): void {
    const own = (layer[ccb.id] ??= new MsfBuf(owner))
    this.drop(own)
    this.make(own, above.kva, above.bytes)
    this.msfs.recreated(own)
    ccb.useMsfBuf(own)
  }
}

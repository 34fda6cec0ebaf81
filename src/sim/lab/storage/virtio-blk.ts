import { VirtioBlk } from '../../devices/virtio-blk.ts'
import { MAXPHYS, VirtioBlkSim } from '../../kernel/cam/sims/virtio-blk-sim.ts'
import { errnoName } from '../../kernel/errno.ts'
import { ScenarioError } from '../scenario-error.ts'
import type { StorageBuilder } from './builder.ts'

/** @throws ScenarioError for a device that the driver does not attach to */
export const buildVirtioBlk: StorageBuilder = ({ profile, device, driver, limits }) => {
  const { virtio } = profile
  if (virtio === undefined)
    throw new ScenarioError('machine.device', 'has no field virtio', 'Say what the device tells its driver.')
  const sim = VirtioBlkSim.attach(driver, limits, new VirtioBlk(device, virtio))
  if (typeof sim !== 'number') return sim
  throw new ScenarioError(
    'machine.device',
    `does not attach (${errnoName(sim)}): virtio.sizeMax ${virtio.sizeMax}, segMax ${virtio.segMax}, queueSize ${virtio.queueSize}, addressBits ${profile.addressBits}`,
    `The driver needs a sizeMax of ${MAXPHYS} or more, a segMax of 1 or more, a queue for one request (35 descriptors are always enough), and 32 address bits or more.`,
  )
}

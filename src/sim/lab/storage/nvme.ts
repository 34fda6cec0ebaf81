import { NvmeController } from '../../devices/nvme-controller.ts'
import { NvmeSim } from '../../kernel/cam/sims/nvme-sim.ts'
import { errnoName } from '../../kernel/errno.ts'
import { ScenarioError } from '../scenario-error.ts'
import type { StorageBuilder } from './builder.ts'

/** @throws ScenarioError for a device that the driver does not attach to */
export const buildNvme: StorageBuilder = ({ profile, device, driver, limits }) => {
  const sim = NvmeSim.attach(driver, limits, new NvmeController(device), device.interrupts.length)
  if (typeof sim !== 'number') return sim
  throw new ScenarioError(
    'machine.device',
    `does not attach (${errnoName(sim)}): its ${profile.addressBits} address bits do not reach its queues`,
    'Raise addressBits, or lower lowaddr of its tag to what they reach.',
  )
}

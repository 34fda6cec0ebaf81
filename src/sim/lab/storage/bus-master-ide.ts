import { IdeController } from '../../devices/ide-controller.ts'
import { IdeSim } from '../../kernel/cam/sims/ide-sim.ts'
import type { StorageBuilder } from './builder.ts'

export const buildBusMasterIde: StorageBuilder = ({ device, driver, limits }) =>
  new IdeSim(driver, limits, new IdeController(device))

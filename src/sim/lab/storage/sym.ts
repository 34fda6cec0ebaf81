import { Sym53c8xxController } from '../../devices/sym-53c8xx-controller.ts'
import { SymSim } from '../../kernel/cam/sims/sym-sim.ts'
import type { StorageBuilder } from './builder.ts'

export const buildSym: StorageBuilder = ({ device, driver, limits }) =>
  new SymSim(driver, limits, new Sym53c8xxController(device))

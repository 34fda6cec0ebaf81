import { z } from 'zod'
import type { NicProfile } from '../../sim/lab/nic-profile.ts'
import { coalescing, positive, profileName, tagSchema, whole } from './device.ts'

/** The file of a network adapter, version 1. The rules for changing this schema are those of the project file. */

export const NIC_FORMAT = 'dmalab.nic'
export const NIC_VERSION = 1

export const nicSchema = z
  .looseObject({
    format: z.literal(NIC_FORMAT),
    version: z.literal(NIC_VERSION),
    name: profileName,
    title: z.string().trim().min(1).max(120),
    addressBits: whole(20, 64),
    linkBitsPerSecond: positive,
    mtu: whole(68, 16_110).default(1500),
    ring: whole(8, 4096).refine((ring) => ring % 8 === 0, 'must be a multiple of 8'),
    tags: z.array(tagSchema).min(1).max(4),
    interrupts: coalescing,
    timeoutNs: whole(1e6, 600e9).default(5e9),
    sources: z.record(z.string(), z.string().min(1)).default({}),
  })
  .refine((nic) => nic.interrupts.commands === 1 || nic.interrupts.ns > 0, {
    path: ['interrupts', 'ns'],
    error: 'must say how long the adapter waits for more frames',
  }) satisfies z.ZodType<NicProfile>

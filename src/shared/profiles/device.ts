import { z } from 'zod'
import { DEVICE_INTERFACES, TAG_FLAGS } from '../../sim/lab/device-profile.ts'
import type { DeviceProfile } from '../../sim/lab/device-profile.ts'

/**
 * The file of a device profile, version 1. A user copies one of resources/devices, changes it and names it in a machine.
 * The rules for changing this schema are those of the project file.
 */

export const DEVICE_FORMAT = 'dmalab.device'
export const DEVICE_VERSION = 1

export const positive = z.number().positive().max(1e15)
export const whole = (min: number, max: number): z.ZodNumber => z.int().min(min).max(max)
const powerOfTwo = (least: number): z.ZodNumber =>
  whole(least, Number.MAX_SAFE_INTEGER).refine(
    (value) => value === 0 || Number.isInteger(Math.log2(value)),
    'must be a power of two',
  )
const address = whole(0, Number.MAX_SAFE_INTEGER).nullable()

/** One bus_dma_tag_create call. */
export const profileName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,39}$/, 'must be lower-case letters, digits, dots and hyphens')
export const coalescing = z
  .strictObject({ commands: whole(1, 256).default(1), ns: whole(0, 1e9).default(0) })
  .default({ commands: 1, ns: 0 })

export const tagSchema = z.strictObject({
  alignment: powerOfTwo(1),
  boundary: powerOfTwo(0).default(0),
  lowaddr: address.default(null),
  highaddr: address.default(null),
  maxsize: whole(512, 2 ** 32),
  nsegments: whole(1, 65_536),
  maxsegsz: whole(1, 2 ** 32),
  flags: z.array(z.enum(TAG_FLAGS)).default([]),
})

const linkSchema = z.strictObject({
  generation: z.literal([1, 2, 3, 4, 5]),
  lanes: z.literal([1, 2, 4, 8, 16]),
  maxPayload: z.literal([128, 256, 512, 1024]).default(256),
})

const serviceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('flash'),
    servers: z.number().min(1).max(1024),
    readNs: positive,
    writeNs: positive,
    linkBytesPerSecond: positive,
    link: linkSchema.optional(),
  }),
  z.strictObject({
    kind: z.literal('disk'),
    trackToTrackNs: positive,
    averageSeekNs: positive,
    revolutionNs: positive,
    mediaBytesPerSecond: positive,
    busBytesPerSecond: positive,
  }),
])

/** Interfaces whose drivers make no tag: they look up pages themselves, or the processor moves the data. */
const WITHOUT_BUSDMA: readonly string[] = ['isa-dma', 'pio-ide', 'virtio-blk']

export const deviceSchema = z
  .looseObject({
    format: z.literal(DEVICE_FORMAT),
    version: z.literal(DEVICE_VERSION),
    name: profileName,
    title: z.string().trim().min(1).max(120),
    interface: z.enum(DEVICE_INTERFACES),
    addressBits: whole(20, 64),
    slots: whole(1, 1024),
    tags: z.array(tagSchema).max(4).default([]),
    service: serviceSchema,
    interrupts: coalescing,
    timeoutNs: whole(1e6, 600e9).default(5e9),
    queues: whole(1, 64).default(1),
    pio: z.strictObject({ bytesPerSecond: positive, sectorsPerInterrupt: whole(1, 256) }).optional(),
    channel: z.literal([0, 1, 2, 3, 5, 6, 7]).optional(),
    virtio: z
      .strictObject({
        queueSize: powerOfTwo(1).max(32_768),
        sizeMax: whole(1, 2 ** 32 - 1),
        segMax: whole(0, 2 ** 32 - 1),
      })
      .optional(),
    sources: z.record(z.string(), z.string().min(1)).default({}),
  })
  .refine((device) => device.tags.length > 0 || WITHOUT_BUSDMA.includes(device.interface), {
    path: ['tags'],
    error: 'must hold the tag that the driver of this interface loads data with',
  })
  .refine((device) => ((device.interface as string) === 'pio-ide') === (device.pio !== undefined), {
    path: ['pio'],
    error: 'belongs to the interface pio-ide, which needs it',
  })
  .refine((device) => ((device.interface as string) === 'isa-dma') === (device.channel !== undefined), {
    path: ['channel'],
    error: 'belongs to the interface isa-dma, which needs it',
  })
  .refine((device) => (device.interface === 'virtio-blk') === (device.virtio !== undefined), {
    path: ['virtio'],
    error: 'belongs to the interface virtio-blk, which needs it',
  })
  .refine((device) => device.interrupts.commands === 1 || device.interrupts.ns > 0, {
    path: ['interrupts', 'ns'],
    error: 'must say how long the device waits for more completions',
  }) satisfies z.ZodType<DeviceProfile>

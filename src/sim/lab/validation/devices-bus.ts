import { wireNs } from '../../devices/nic-controller.ts'
import { effectiveRate, physicalRate } from '../../devices/pcie-link.ts'
import { ETHER_CRC_BYTES } from '../../machine/datasheets/em.ts'
import { around, judge } from './judge.ts'
import type { ValidationRow } from './types.ts'

const GEN3_X8 = { generation: 3, lanes: 8, maxPayload: 256 } as const
const PCIE_SOURCE =
  'Neugebauer et al., Understanding PCIe performance for end host networking, SIGCOMM 2018 (https://docslib.org/doc/8899824/)'

/** Links by their names; sizes with the check sequence; frames per second in thousands. */
const FRAME_BUDGETS = [
  ['1 Gb/s', 1e9, 1518, 81.3],
  ['10 Gb/s', 10e9, 1518, 813],
  ['1 Gb/s', 1e9, 64, 1488],
  ['10 Gb/s', 10e9, 64, 14_880],
] as const

/** What links carry, from the models of the links alone. */
export function busRows(): readonly ValidationRow[] {
  const low = around(32, 0.05)
  const high = around(50, 0.05)
  return [
    judge({
      quantity: 'PCIe gen3 x8: on the wires',
      unit: 'Gb/s',
      class: 'CHECK',
      ...around(62.96, 0.01),
      simulated: physicalRate(GEN3_X8) / 1e9,
      source: PCIE_SOURCE,
    }),
    pcieRow(64, low),
    ...[128, 256, 512].map((bytes) => pcieRow(bytes, { published: null, low: low.low, high: high.high })),
    pcieRow(1024, high),
    ...FRAME_BUDGETS.map(([link, bitsPerSecond, bytes, thousands]) =>
      judge({
        quantity: `Ethernet ${link}, frames of ${bytes} B: most frames per second`,
        unit: 'k/s',
        class: 'CHECK',
        ...around(thousands, 0.01),
        simulated: 1e6 / wireNs(bytes - ETHER_CRC_BYTES, bitsPerSecond),
        source: 'arithmetic: a frame takes its bytes and 20 more on the wire (preamble, gap)',
      }),
    ),
  ]
}

function pcieRow(bytes: number, band: Pick<ValidationRow, 'published' | 'low' | 'high'>): ValidationRow {
  return judge({
    quantity: `PCIe gen3 x8: data, in transfers of ${bytes} B`,
    unit: 'Gb/s',
    class: 'PRED',
    ...band,
    simulated: effectiveRate(GEN3_X8, bytes) / 1e9,
    source: PCIE_SOURCE,
    note: 'Published as 32 to 50 Gb/s by size; 5 % on either end. Packets of 256 B at most, so the rate levels off from 512 B on.',
  })
}

import type { HatchLine } from './palette.ts'

const TILE = 8

/** Ends of each line in a tile. Slanted lines come three times, so that the hatch continues over the tile's corners. */
const LINES: Readonly<
  Record<HatchLine, readonly (readonly [x: number, y: number, x2: number, y2: number])[]>
> = {
  up: [-TILE, 0, TILE].map((shift) => [shift - 1, TILE + 1, shift + TILE + 1, -1]),
  down: [-TILE, 0, TILE].map((shift) => [shift - 1, -1, shift + TILE + 1, TILE + 1]),
  level: [[0, TILE / 2, TILE, TILE / 2]],
  upright: [[TILE / 2, 0, TILE / 2, TILE]],
}

/**
 * A hatch of a colour, for a bar's area: lines of the ground in the directions given.
 * @returns the plain colour where the canvas cannot make patterns
 */
export function hatch(colour: string, ground: string, lines: readonly HatchLine[]): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = TILE
  tile.height = TILE
  const context = tile.getContext('2d')
  if (context === null) return colour
  context.fillStyle = colour
  context.fillRect(0, 0, TILE, TILE)
  context.strokeStyle = ground
  context.globalAlpha = 0.45
  context.lineWidth = 1.5
  context.beginPath()
  for (const [x, y, x2, y2] of lines.flatMap((line) => LINES[line])) {
    context.moveTo(x, y)
    context.lineTo(x2, y2)
  }
  context.stroke()
  return context.createPattern(tile, 'repeat') ?? colour
}

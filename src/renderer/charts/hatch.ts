const TILE = 8

/**
 * A diagonal hatch of a colour, for a bar's area.
 * @returns the plain colour where the canvas cannot make patterns
 */
export function hatch(colour: string, ground: string): CanvasPattern | string {
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
  // Three lines, so that the hatch continues over the tile's corners.
  for (const shift of [-TILE, 0, TILE]) {
    context.moveTo(shift - 1, TILE + 1)
    context.lineTo(shift + TILE + 1, -1)
  }
  context.stroke()
  return context.createPattern(tile, 'repeat') ?? colour
}

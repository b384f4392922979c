// Saves the drawing as SVG or PNG.
import { saveFile } from '../parts/save-file.js'
import { withWhole } from './drawing.js'

/** Saves the drawing of the place, as SVG or, by the ending, PNG at twice its size. */
export async function savePicture(name: string): Promise<void> {
  const svg = withWhole(drawingAsSvg)
  if (name.endsWith('.svg')) return saveFile(name, new Blob([svg.text], { type: 'image/svg+xml' }))
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg.text)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = svg.width * 2
  canvas.height = svg.height * 2
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (blob) saveFile(name, blob)
}

const margin = 16

/** The drawing as one SVG of its own: shapes, lines and words, with the colours they have on the screen. */
function drawingAsSvg(): { text: string; width: number; height: number } {
  const drawing = document.querySelector<HTMLElement>('.graph-drawing')!
  const content = drawing.parentElement!
  const scale = content.getBoundingClientRect().width / content.offsetWidth
  const origin = content.getBoundingClientRect()
  const width = content.offsetWidth + 2 * margin
  const height = content.offsetHeight + 2 * margin
  const box = (element: Element) => {
    const { left, top, width, height } = element.getBoundingClientRect()
    return {
      x: (left - origin.left) / scale + margin,
      y: (top - origin.top) / scale + margin,
      width: width / scale,
      height: height / scale,
    }
  }
  const parts: string[] = []
  const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
  for (const element of drawing.querySelectorAll('.graph-group, .graph-shape, .graph-cells td')) {
    const { x, y, width, height } = box(element)
    const style = getComputedStyle(element)
    parts.push(
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${Number.parseFloat(style.borderRadius) || 0}" fill="${style.backgroundColor}" stroke="${style.borderColor}" stroke-width="${Number.parseFloat(style.borderWidth) || 0}"/>`,
    )
  }
  const lines: string[] = []
  for (const path of drawing.querySelectorAll<SVGPathElement>('.graph-edges path')) {
    const style = getComputedStyle(path)
    lines.push(
      `<path d="${path.getAttribute('d')}" fill="${style.fill}" stroke="${style.stroke}" stroke-width="${style.strokeWidth}"/>`,
    )
  }
  const words: string[] = []
  const texts = document.createTreeWalker(drawing, NodeFilter.SHOW_TEXT)
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const text = node.textContent?.trim()
    const parent = node.parentElement!
    if (!text || parent.closest('.visually-hidden, .graph-group button')) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    words.push(
      word(text, box({ getBoundingClientRect: () => range.getBoundingClientRect() } as Element), parent),
    )
  }
  for (const field of drawing.querySelectorAll('input')) words.push(word(field.value, box(field), field))
  const ground = getComputedStyle(document.documentElement).backgroundColor
  return {
    width,
    height,
    text: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><rect width="100%" height="100%" fill="${ground}"/>${parts.filter((part) => part.includes('rx="18"')).join('')}<g transform="translate(${margin + drawing.offsetLeft} ${margin + drawing.offsetTop})">${lines.join('')}</g>${parts.filter((part) => !part.includes('rx="18"')).join('')}${words.join('')}</svg>\n`,
  }

  function word(text: string, { x, y, width, height }: ReturnType<typeof box>, element: Element): string {
    const { color, fontFamily, fontSize, fontWeight, fontStyle } = getComputedStyle(element)
    return `<text x="${x + width / 2}" y="${y + height / 2}" text-anchor="middle" dominant-baseline="central" fill="${color}" font-family="${escaped(fontFamily)}" font-size="${fontSize}" font-weight="${fontWeight}" font-style="${fontStyle}">${escaped(text)}</text>`
  }
}

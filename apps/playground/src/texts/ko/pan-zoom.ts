// What the buttons of a drawing that can be moved say, in Korean.
import type { panZoom as en } from '../en/pan-zoom.js'

export const panZoom: typeof en = {
  closer: '확대',
  farther: '축소',
  fit: '전체 보기',
}

// What the timeline says, in Korean.
import type { timeline as en } from '../en/timeline.js'

export const timeline: typeof en = {
  first: '처음으로',
  back: '한 단계 뒤로',
  next: '다음 ›',
  step: '한 단계',
  last: '끝으로',
  play: '재생',
  pause: '일시 정지',
  position: '단계',
}

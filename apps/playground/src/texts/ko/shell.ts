// What the page's frame says, in Korean.
import type { shell as en } from '../en/shell.js'

export const shell: typeof en = {
  brand: '역전파',
  skip: '그림으로 건너뛰기',
  places: '화면',
  placeNames: {
    graph: '그래프',
    descent: '경사 하강',
    network: '신경망',
    'training-graph': '학습 그래프',
  },
  undo: '실행 취소',
  redo: '다시 실행',
  share: '공유',
  theme: { auto: '색: 시스템 설정', light: '색: 밝게', dark: '색: 어둡게' },
  otherLanguage: 'English',
  help: '단축키',
  close: '닫기',
  drawing: '그림',
  card: '설명',
  moreOfCard: '설명 더 보기',
  lessOfCard: '설명 줄이기',
  timeline: '진행 막대',
  loading: '여는 중 …',
  notComputed: '아직 계산되지 않음',
  whereFrom: (label, text) => `${label}: ${text}. 어디서 나온 값일까요?`,
  shareTitle: '지금 이 상태를 링크로',
  shareText:
    '이 링크를 열면 같은 그림과 같은 숫자가 마지막 비트까지 똑같이 나타납니다. 모든 것이 링크 안에 있고, 어디에도 저장되지 않습니다.',
  link: '링크',
  copy: '복사',
  copied: '복사됨',
  copyEmbed: '다른 페이지에 넣을 코드 복사',
  brokenLink: (message) => `이 링크를 읽을 수 없습니다: ${message}. 처음 상태로 열었습니다.`,
  brokenPlace: (message) =>
    `여기서 문제가 생겼습니다: ${message}. 잃어버린 것은 없습니다. 마지막 변경을 취소하거나 처음부터 다시 시작하세요.`,
  beginAnew: '처음부터 다시',
  dismiss: '닫기',
  keysTitle: '단축키',
  keys: {
    undo: '실행 취소',
    redo: '다시 실행',
    help: '이 목록',
  },
}
